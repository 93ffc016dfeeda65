import type { Tensor } from '@tensorflow/tfjs';
import type { DetectorFamily } from '../models/family.js';
import { NamedWeights } from '../nn/named-weights.js';
import type { ParameterBlock, Slot } from '../nn/parameter-block.js';
import { createRandom, type Random } from '../nn/random.js';
import { TfOps, type TrainingMode } from '../ops/tf-ops.js';
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

/** The gradient of one trainable slot; null where the loss does not depend on it. */
export interface SlotGradient {
  slot: Slot;
  gradient: Tensor | null;
}

/**
 * Loss and gradients of one shard on the current engine.
 *
 * @param receive given the gradients in the block's order; they are freed when it returns
 */
export function gradientsOfShard<Config>(
  { family, config, block, tensors }: PlacedNetwork<Config>,
  batch: ShardBatch,
  receive: (gradients: readonly SlotGradient[]) => void,
): ShardResult {
  return inScope(() => {
    const features = batch.features.map((values, scale) =>
      tf.tensor(values, [batch.images, ...batch.shapes[scale]!]),
    );
    const { mode, collect } = trainingMode(block, tensors, createRandom(batch.seed));
    const ops = new TfOps(mode);
    const w = new NamedWeights(tensors);
    const forward = () => family.loss(ops, family.reconstruct(ops, w, features, config));
    const trainable = block.slots.filter((slot) => slot.spec.trainable);
    const sources = trainable.map((slot) => tensors.get(slot.spec.name)!);
    const { value, grads } = tf.engine().gradients(forward, sources, undefined, true);
    receive(trainable.map((slot, i) => ({ slot, gradient: grads[i] ?? null })));
    return { loss: value.dataSync()[0]!, statistics: collect() };
  });
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
    return gradientsOfShard({ family, config, block, tensors }, batch, (shard) => {
      addGradients(gradients, shard, weight);
    });
  });
}

/** The block's tensors on the current engine, by full name. */
export function uploadParameters(block: ParameterBlock): Map<string, Tensor> {
  // slice(): engines may keep the array they are given, and other threads go on writing to the block.
  return new Map(
    block.slots.map((slot) => [slot.spec.name, tf.tensor(block.view(slot).slice(), [...slot.shape])]),
  );
}

/** Adds `weight ·` gradient to an array laid out like the block. */
export function addGradients(total: Float32Array, shard: readonly SlotGradient[], weight: number): void {
  for (const { slot, gradient } of shard) {
    const values = gradient?.dataSync();
    if (!values) continue;
    for (let i = 0; i < slot.size; i++)
      total[slot.offset + i] = total[slot.offset + i]! + weight * values[i]!;
  }
}

/** Batch statistics are read only when the pass is through: a GPU would have to stop for each of them. */
function trainingMode(block: ParameterBlock, tensors: ReadonlyMap<string, Tensor>, random: Random) {
  const offsets = new Map(block.slots.map((slot) => [tensors.get(slot.spec.name)!.id, slot.offset]));
  const seen: { offset: number; tensor: Tensor }[] = [];
  const onBatchStatistics: TrainingMode['onBatchStatistics'] = ({ mean, variance }, ...batch) => {
    [mean, variance].forEach((slot, i) => {
      seen.push({ offset: offsets.get(slot.id)!, tensor: tf.keep(batch[i]!.clone()) });
    });
  };
  const collect = (): ShardResult['statistics'] =>
    seen.map(({ offset, tensor }) => {
      const values = tensor.dataSync().slice() as Float32Array;
      tensor.dispose();
      return { offset, values };
    });
  return { mode: { random, onBatchStatistics }, collect };
}
