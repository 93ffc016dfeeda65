import type { Tensor } from '@tensorflow/tfjs';
import type { DetectorFamily } from '../models/family.js';
import { NamedWeights } from '../nn/named-weights.js';
import type { ParameterBlock, Slot } from '../nn/parameter-block.js';
import { createRandom, type Random } from '../nn/random.js';
import { TfOps } from '../ops/tf-ops.js';
import { inScope } from '../runtime/scope.js';
import { tf } from '../runtime/tf.js';

/** What one shard of a batch contributes to a step. */
export interface ShardResult {
  loss: number;
  /** Running mean and variance slots with this shard's batch statistics. */
  statistics: { offset: number; values: Float32Array }[];
}

/** The features of one shard: per scale `[B,H,W,C]`. */
export interface ShardBatch {
  features: readonly Float32Array[];
  shapes: readonly (readonly number[])[];
  images: number;
  /** Differs for every step and shard, so that noise and drop path repeat on resume and on any thread. */
  seed: number;
}

/** A network on the current engine. */
export interface PlacedNetwork<Config> {
  family: DetectorFamily<Config>;
  config: Config;
  block: ParameterBlock;
  /** The block's tensors, see `uploadParameters`. */
  tensors: ReadonlyMap<string, Tensor>;
}

/**
 * Loss and gradients of one shard on the current engine.
 *
 * @param receive told once how to add the shard's gradient, times a weight, to an array laid out like the block
 */
export function gradientsOfShard<Config>(
  { family, config, block, tensors }: PlacedNetwork<Config>,
  batch: ShardBatch,
  receive: (addTo: (total: Float32Array, weight: number) => void) => void,
): ShardResult {
  const trainable = block.slots.filter((slot) => slot.spec.trainable);
  const statistics: ShardResult['statistics'] = [];
  const loss = inScope(() => {
    const features = batch.features.map((values, scale) =>
      tf.tensor(values, [batch.images, ...batch.shapes[scale]!]),
    );
    const ops = new TfOps(trainingMode(block, tensors, createRandom(batch.seed), statistics));
    const w = new NamedWeights(tensors);
    const forward = () => family.loss(ops, family.reconstruct(ops, w, features, config));
    const sources = trainable.map((slot) => tensors.get(slot.spec.name)!);
    const { value, grads } = tf.engine().gradients(forward, sources, undefined, true);
    receive((total, weight) => {
      trainable.forEach((slot, i) => {
        if (grads[i]) addInto(total, slot, grads[i], weight);
      });
    });
    return value.dataSync()[0]!;
  });
  return { loss, statistics };
}

/**
 * Loss and gradients of one shard on the current engine; `weight ·` gradient is added into `gradients`, which is
 * laid out like the block.
 */
export function accumulateGradients<Config>(
  family: DetectorFamily<Config>,
  config: Config,
  block: ParameterBlock,
  batch: ShardBatch,
  weight: number,
  gradients: Float32Array,
): ShardResult {
  return inScope(() => {
    const tensors = uploadParameters(block);
    return gradientsOfShard({ family, config, block, tensors }, batch, (addTo) => addTo(gradients, weight));
  });
}

/** The block's tensors on the current engine, by full name. */
export function uploadParameters(block: ParameterBlock): Map<string, Tensor> {
  // slice(): engines may keep the array they are given, and other threads go on writing to the block.
  return new Map(
    block.slots.map((slot) => [slot.spec.name, tf.tensor(block.view(slot).slice(), [...slot.shape])]),
  );
}

function trainingMode(
  block: ParameterBlock,
  tensors: ReadonlyMap<string, Tensor>,
  random: Random,
  statistics: ShardResult['statistics'],
) {
  const offsets = new Map(block.slots.map((slot) => [tensors.get(slot.spec.name)!.id, slot.offset]));
  return {
    random,
    onBatchStatistics(
      { mean, variance }: { mean: Tensor; variance: Tensor },
      batchMean: Tensor,
      batchVariance: Tensor,
    ) {
      statistics.push({
        offset: offsets.get(mean.id)!,
        values: batchMean.dataSync().slice() as Float32Array,
      });
      statistics.push({
        offset: offsets.get(variance.id)!,
        values: batchVariance.dataSync().slice() as Float32Array,
      });
    },
  };
}

function addInto(gradients: Float32Array, slot: Slot, gradient: Tensor, weight: number): void {
  const values = gradient.dataSync();
  for (let i = 0; i < slot.size; i++)
    gradients[slot.offset + i] = gradients[slot.offset + i]! + weight * values[i]!;
}
