import { checkPublication } from '../files/publish-directory.js';
import { checkedConfig } from '../models/check-config.js';
import { describedFamilies, findFamily } from '../models/described-families.js';
import type { TrainingDefaults } from '../models/family.js';
import { checkpointPath, checkResumption } from './checkpoint.js';
import type { TrainDetectorOptions } from './train-detector.js';

type Choice = Pick<TrainDetectorOptions, 'family' | 'preset' | 'overrides' | 'out'>;
type Settings = Pick<
  TrainDetectorOptions,
  'family' | 'epochs' | 'steps' | 'budgetSeconds' | 'batch' | 'shard' | 'rate' | 'schedule' | 'seed'
>;

/**
 * What can be known to be wrong with a training before its images are read.
 *
 * @throws ConfigError for family, preset and config; OutputError, IoError, UsageError for `out`
 */
export async function checkTraining(choice: Choice): Promise<void> {
  checkedConfig(choice);
  await checkPublication(choice.out, '--out');
}

/** Whether a run that is to go on from a checkpoint can. @throws DataError for one of other settings */
export async function checkResume(options: Choice & Settings & { resume: boolean }): Promise<void> {
  if (!options.resume) return;
  const family = findFamily(describedFamilies, options.family);
  if (!('training' in family)) return;
  const rate = options.rate ?? learningRateFor(family.training, options.batch);
  await checkResumption(checkpointPath(options.out), askedOf({ ...options, rate }, checkedConfig(options)));
}

/**
 * The publication's rate, scaled by the root of the batch: what keeps the noise of Adam's steps the same (Malladi et al.
 * 2022, "On the SDEs and scaling rules for adaptive gradient algorithms").
 */
export function learningRateFor({ learningRate, batch }: TrainingDefaults, images: number): number {
  return learningRate * Math.sqrt(images / batch);
}

/** The settings of a run as they were asked for, without what the data decide. Those left open are null. */
export function askedOf(options: Settings, config: unknown): Record<string, unknown> {
  const { family, epochs, steps, budgetSeconds, batch, shard, rate, schedule, seed } = options;
  return { family, config, epochs, steps, budgetSeconds, batch, shard, rate, schedule, seed };
}
