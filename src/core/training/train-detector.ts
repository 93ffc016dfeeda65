import { createHash } from 'node:crypto';
import { type Calibration, type CalibrationOptions, Calibrator } from '../anomaly/calibration.js';
import { ConfigError } from '../errors.js';
import { type DetectorDescription, type ModelManifest, publishModel } from '../models/model-folder.js';
import { familyNamed } from '../models/registry.js';
import type { ParameterBlock } from '../nn/parameter-block.js';
import { assembleScoringCrew } from '../scoring/crew.js';
import { checkpointPath, removeCheckpoint } from './checkpoint.js';
import type { FeatureCollection } from './feature-collection.js';
import { measureFeatureScale } from './feature-scale.js';
import { readScale } from './feature-set.js';
import { splitHeldOut } from './held-out.js';
import { stepsPerEpoch } from './plan.js';
import type { ScheduleName } from './schedule.js';
import { Trainer, type TrainingSettings, type TrainingStep } from './trainer.js';

export interface TrainDetectorOptions {
  out: string;
  family: string;
  preset: string;
  /** Changes to the preset's config. */
  overrides: Record<string, unknown>;
  epochs: number | null;
  steps: number | null;
  budgetSeconds: number | null;
  batch: number;
  shard: number;
  /** Peak learning rate; null takes the publication's, scaled to the batch. */
  rate: number | null;
  schedule: ScheduleName;
  seed: number;
  /** Share of each class kept back for calibration. */
  heldOut: number;
  calibration: CalibrationOptions;
  engine: string;
  threads: number;
  resume: boolean;
  checkpointSeconds: number;
  /** Versions and command line, for provenance. */
  origin: Record<string, unknown>;
  signal?: AbortSignal;
}

export type TrainingEvent =
  | { kind: 'start'; images: number; heldOut: number; parameters: number; steps: number | null }
  | { kind: 'step'; step: TrainingStep }
  | { kind: 'calibrating'; images: number }
  | {
      kind: 'published';
      manifest: ModelManifest;
      parameters: number;
      steps: number;
      seconds: number;
      loss: number;
    };

const mapSize = 256;

/**
 * Trains a detector on collected features, calibrates it on held-out normals and publishes the model folder.
 *
 * @throws ConfigError for unknown families or presets; what training and publishing throw
 */
export async function* trainDetector(
  collection: FeatureCollection,
  options: TrainDetectorOptions,
): AsyncGenerator<TrainingEvent> {
  const family = familyNamed(options.family);
  const config = presetConfig(options);
  const { training, heldOut } = splitHeldOut(collection.images, options.heldOut);
  const set = collection.subset(training);
  const settings = settle(collection, options, config, training.length, measureFeatureScale(set));
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([collection.hash, settings]))
    .digest('hex');
  const checkpoint = {
    path: checkpointPath(options.out),
    everySeconds: options.checkpointSeconds,
    resume: options.resume,
    fingerprint,
  };
  const trainer = new Trainer(set, settings, {
    engine: options.engine,
    threads: options.threads,
    checkpoint,
    signal: options.signal,
  });
  const parameters = trainer.block.trainableSize;
  yield {
    kind: 'start',
    images: training.length,
    heldOut: heldOut.length,
    parameters,
    steps: settings.steps,
  };
  for await (const step of trainer.steps()) yield { kind: 'step', step };

  const description: DetectorDescription = {
    family: family.name,
    preset: options.preset,
    config,
    encoder: collection.encoder,
    input_size: collection.inputSize,
    features: collection.shapes,
    feature_scale: [...settings.featureScale],
    map_size: mapSize,
  };
  const judges = heldOut.length > 0 ? heldOut : training;
  yield { kind: 'calibrating', images: judges.length };
  const calibration = await calibrate(collection, judges, description, trainer.block, options);
  const losses = trainer.losses;
  const manifest = await publishModel(options.out, trainer.block, description, {
    classes: collection.classes,
    calibration,
    provenance: {
      ...options.origin,
      data_hash: collection.hash,
      images: training.length,
      held_out: heldOut.length,
      settings,
      steps: losses.length,
      seconds: Math.round(trainer.elapsedSeconds * 10) / 10,
      loss: thinned(losses, 500),
    },
  });
  await removeCheckpoint(checkpoint.path);
  const loss = meanOfLast(losses, 10);
  yield {
    kind: 'published',
    manifest,
    parameters,
    steps: losses.length,
    seconds: trainer.elapsedSeconds,
    loss,
  };
}

function presetConfig({ family, preset, overrides }: TrainDetectorOptions): unknown {
  const { presets } = familyNamed(family);
  const base = presets[preset];
  if (!base)
    throw new ConfigError(
      `${family} has no preset "${preset}": choose one of ${Object.keys(presets).join(', ')}`,
    );
  return { ...(base as object), ...overrides };
}

function settle(
  collection: FeatureCollection,
  options: TrainDetectorOptions,
  config: unknown,
  images: number,
  featureScale: number[],
): TrainingSettings {
  const family = familyNamed(options.family);
  const channels = collection.shapes.map((shape) => shape[2]!);
  const wanted = family.teacherChannels(config);
  if (wanted && wanted.join() !== channels.join()) {
    throw new ConfigError(
      `the features have ${channels.join('/')} channels, this ${options.family} config wants ${wanted.join('/')}; extract with --channels ${wanted.join(',')}`,
    );
  }
  const { batch, shard, seed, schedule, budgetSeconds } = options;
  const perEpoch = stepsPerEpoch({ images, batch: Math.min(batch, images), shard, seed });
  const steps = options.steps ?? (options.epochs !== null ? options.epochs * perEpoch : null);
  return {
    family: options.family,
    config,
    channels,
    featureScale,
    batch,
    shard,
    seed,
    rate: options.rate ?? (family.training.learningRate * batch) / 16,
    schedule,
    weightDecay: family.training.optimiser.weightDecay,
    clipNorm: family.training.clipNorm,
    steps: steps ?? (budgetSeconds === null ? family.training.epochs * perEpoch : null),
    budgetSeconds: steps === null ? budgetSeconds : null,
  };
}

/** Scores the held-out normals with the fresh detector. */
async function calibrate(
  collection: FeatureCollection,
  judges: readonly number[],
  description: DetectorDescription,
  block: ParameterBlock,
  options: TrainDetectorOptions,
): Promise<Calibration> {
  const set = collection.subset(judges);
  const crew = await assembleScoringCrew(options.threads, options.engine, description, block);
  const calibrator = new Calibrator(options.calibration);
  try {
    for (let from = 0; from < judges.length; from += crew.size) {
      options.signal?.throwIfAborted();
      const group = judges.slice(from, from + crew.size);
      const scores = await Promise.all(
        group.map((_, i) => crew.score(set.shapes.map((_, scale) => readScale(set, [from + i], scale, 1)))),
      );
      scores.forEach(({ rawScore, map }, i) => {
        calibrator.add(collection.images[group[i]!]!.class, rawScore, map);
      });
    }
  } finally {
    await crew.close();
  }
  return calibrator.finish();
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
