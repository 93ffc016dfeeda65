import type { CalibrationOptions } from '../anomaly/calibration.js';
import { ConfigError } from '../errors.js';
import { type Family, type FitProgress, isFitted } from '../models/family.js';
import { type DetectorDescription, type ModelManifest, publishModel } from '../models/model-folder.js';
import { presetConfig } from '../models/preset-config.js';
import { familyNamed } from '../models/registry.js';
import type { ParameterBlock } from '../nn/parameter-block.js';
import { calibrateDetector, withoutLimits } from './calibrate-detector.js';
import type { FeatureCollection } from './feature-collection.js';
import { measureFeatureScale } from './feature-scale.js';
import { fitDetector } from './fit-detector.js';
import { type Split, splitHeldOut } from './held-out.js';
import type { ScheduleName } from './schedule.js';
import { trainNetwork } from './train-network.js';
import type { TrainingStep } from './trainer.js';

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
  /** Peak learning rate; null takes the publication's, scaled by the root of the batch. */
  rate: number | null;
  schedule: ScheduleName;
  seed: number;
  /** Share of each class kept back for calibration. */
  heldOut: number;
  calibration: CalibrationOptions;
  /** Share of the map's highest pixels whose mean is an image's score; absent: the publication's score. */
  topShare?: number;
  engine: string;
  threads: number;
  resume: boolean;
  checkpointSeconds: number;
  /** Versions and command line, for provenance. */
  origin: Record<string, unknown>;
  signal?: AbortSignal;
}

/** What happens while a detector is being made. */
export type MakingEvent =
  | { kind: 'start'; parameters: number | null; steps: number | null }
  | { kind: 'step'; step: TrainingStep }
  | { kind: 'fitting'; progress: FitProgress };

/** A detector that is ready but for its calibration. */
export interface MadeDetector {
  /** The config with what the data decided. */
  config: unknown;
  block: ParameterBlock;
  /** Optimiser steps; 0 where there were none. */
  steps: number;
  seconds: number;
  loss: number;
  provenance: Record<string, unknown>;
  /** Removes what was kept for a resumption: the model has been published. */
  release(): Promise<void>;
}

export type TrainingEvent =
  | { kind: 'images'; images: number; heldOut: number; lacking: Split['lacking'] }
  | MakingEvent
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
 * Makes a detector out of collected features (training or fitting it, as its family wants), calibrates it on held-out
 * normals (where there are none it has no limits) and publishes the model folder.
 *
 * @throws ConfigError for unknown families or presets; what training and publishing throw
 */
export async function* trainDetector(
  collection: FeatureCollection,
  options: TrainDetectorOptions,
): AsyncGenerator<TrainingEvent> {
  const family = familyNamed(options.family);
  const config = presetConfig(family, options.preset, options.overrides);
  checkFeatures(family, config, collection.shapes);
  const { training, heldOut, lacking } = splitHeldOut(collection.images, options.heldOut);
  const set = collection.subset(training);
  const featureScale = measureFeatureScale(set);
  yield { kind: 'images', images: training.length, heldOut: heldOut.length, lacking };
  const task = { set, config, featureScale, dataHash: collection.hash };
  const made = yield* isFitted(family)
    ? fitDetector(family, task, options)
    : trainNetwork(family, task, options);

  const description: DetectorDescription = {
    family: family.name,
    preset: options.preset,
    config: made.config,
    encoder: collection.encoder,
    input_size: collection.inputSize,
    ...(collection.window && { window: collection.window }),
    features: collection.shapes,
    feature_scale: featureScale,
    map_size: mapSize,
    ...(options.topShare !== undefined && { top_share: options.topShare }),
  };
  yield { kind: 'calibrating', images: heldOut.length };
  const { block, steps, seconds, loss } = made;
  const calibration =
    heldOut.length > 0
      ? await calibrateDetector(collection, heldOut, description, block, options)
      : await withoutLimits(collection, training, description, block, options);
  const manifest = await publishModel(options.out, block, description, {
    classes: collection.classes,
    calibration,
    provenance: {
      ...options.origin,
      data_hash: collection.hash,
      images: training.length,
      held_out: heldOut.length,
      steps,
      seconds: Math.round(seconds * 10) / 10,
      ...made.provenance,
    },
  });
  await made.release();
  yield { kind: 'published', manifest, parameters: block.trainableSize, steps, seconds, loss };
}

/** @throws ConfigError when the features are not those that the config is made for */
function checkFeatures(
  family: Family<unknown>,
  config: unknown,
  shapes: readonly (readonly number[])[],
): void {
  const channels = shapes.map((shape) => shape[2]!);
  const wanted = family.teacherChannels(config);
  if (wanted && wanted.join() !== channels.join()) {
    throw new ConfigError(
      `the features have ${channels.join('/')} channels, this ${family.name} config wants ${wanted.join('/')}; extract with --channels ${wanted.join(',')}`,
    );
  }
  family.accept?.(config, shapes);
}
