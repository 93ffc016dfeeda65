import { createHash } from 'node:crypto';
import type { DetectorFamily } from '../models/family.js';
import { askedOf, learningRateFor } from './check-training.js';
import { checkpointPath, removeCheckpoint } from './checkpoint.js';
import type { FeatureSet } from './feature-set.js';
import { stepsPerEpoch } from './plan.js';
import type { MadeDetector, MakingEvent, TrainDetectorOptions } from './train-detector.js';
import { Trainer, type TrainingSettings } from './trainer.js';

/** What a run of training works on. */
export interface TrainingTask {
  set: FeatureSet;
  config: unknown;
  /** Divisor of each scale's features. */
  featureScale: readonly number[];
  /** Identifies images and encoder. */
  dataHash: string;
}

/**
 * Trains a network by gradient descent, with checkpoints.
 *
 * @throws what the trainer throws
 */
export async function* trainNetwork(
  family: DetectorFamily<unknown>,
  task: TrainingTask,
  options: TrainDetectorOptions,
): AsyncGenerator<MakingEvent, MadeDetector> {
  const settings = settle(family, task, options);
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([task.dataHash, settings]))
    .digest('hex');
  const path = checkpointPath(options.out);
  const trainer = new Trainer(task.set, settings, {
    engine: options.engine,
    threads: options.threads,
    checkpoint: {
      path,
      everySeconds: options.checkpointSeconds,
      resume: options.resume,
      fingerprint,
      asked: askedOf({ ...options, rate: settings.rate }, task.config),
    },
    signal: options.signal,
  });
  yield { kind: 'start', parameters: trainer.block.trainableSize, steps: settings.steps };
  for await (const step of trainer.steps()) yield { kind: 'step', step };
  const { block, losses, elapsedSeconds } = trainer;
  return {
    config: task.config,
    block,
    steps: losses.length,
    seconds: elapsedSeconds,
    loss: meanOfLast(losses, 10),
    provenance: { settings, loss: thinned(losses, 500) },
    release: () => removeCheckpoint(path),
  };
}

function settle(
  family: DetectorFamily<unknown>,
  { set, config, featureScale }: TrainingTask,
  options: TrainDetectorOptions,
): TrainingSettings {
  const images = set.images.length;
  const { batch, shard, seed, schedule, budgetSeconds } = options;
  const perEpoch = stepsPerEpoch({ images, batch: Math.min(batch, images), shard, seed });
  const steps = options.steps ?? (options.epochs !== null ? options.epochs * perEpoch : null);
  return {
    family: family.name,
    config,
    channels: set.shapes.map((shape) => shape[2]!),
    featureScale,
    batch,
    shard,
    seed,
    rate: options.rate ?? learningRateFor(family.training, batch),
    schedule,
    weightDecay: family.training.optimiser.weightDecay,
    clipNorm: family.training.clipNorm,
    steps: steps ?? (budgetSeconds === null ? family.training.epochs * perEpoch : null),
    budgetSeconds: steps === null ? budgetSeconds : null,
  };
}

/** At most `count` points of the loss curve, each the mean of its stretch. */
function thinned(
  losses: readonly { step: number; loss: number }[],
  count: number,
): { step: number; loss: number }[] {
  const stride = Math.max(1, Math.ceil(losses.length / count));
  const points: { step: number; loss: number }[] = [];
  for (let from = 0; from < losses.length; from += stride) {
    const stretch = losses.slice(from, from + stride);
    points.push({
      step: stretch.at(-1)!.step,
      loss: stretch.reduce((sum, { loss }) => sum + loss, 0) / stretch.length,
    });
  }
  return points;
}

function meanOfLast(losses: readonly { loss: number }[], count: number): number {
  const last = losses.slice(-count);
  return last.reduce((sum, { loss }) => sum + loss, 0) / Math.max(1, last.length);
}
