import * as Flags from '@oclif/core/flags';
import { UsageError } from '../core/errors.js';
import type { TrainDetectorOptions } from '../core/training/train-detector.js';
import { threadsFlag } from './compute-flags.js';
import { parseDuration } from './duration.js';
import { engineFlag } from './flags.js';
import { parseNumber, parseRate } from './numbers.js';

/** Everything that shapes a training run; `retrain` takes the same. */
export const trainFlags = {
  family: Flags.string({
    default: 'mambaad',
    summary: 'Kind of detector: mambaad, pyramid-mamba, rd4ad, uniad or memory-bank; see mambaad models.',
  }),
  preset: Flags.string({
    default: 'small',
    summary:
      "Named config: paper is the publication's, small trains in minutes on two cores; more in mambaad models.",
  }),
  config: Flags.string({
    multiple: true,
    summary: 'Change of the config, key=value with a JSON value: depths=[3,3,3,3], pyramid.levels=2',
  }),
  budget: Flags.string({
    summary: 'Stop after this much training time (90s, 10m, 1h) [default: 10m]',
    exclusive: ['epochs', 'steps'],
  }),
  epochs: Flags.integer({
    min: 1,
    summary: 'Stop after so many passes over the images.',
    exclusive: ['steps'],
  }),
  steps: Flags.integer({ min: 1, summary: 'Stop after so many optimiser steps.' }),
  batch: Flags.integer({ min: 1, summary: 'Images of one step [default: 4; on a GPU 16]' }),
  shard: Flags.integer({
    min: 1,
    summary:
      'Images normalised together; bounds the memory of a thread [default: 2; on a GPU the whole batch]',
  }),
  lr: Flags.string({
    summary: "Peak learning rate [default: the publication's, scaled by the root of the batch]",
  }),
  schedule: Flags.option({
    options: ['step', 'cosine'] as const,
    default: 'cosine' as const,
    summary: 'Learning rate: ×0.1 at 80 % as published, or a cosine to almost nothing.',
  })(),
  seed: Flags.integer({ default: 42, summary: 'Of initial weights, order and noise.' }),
  'held-out': Flags.string({
    default: '0.1',
    summary: 'Share of each class kept out of training, to calibrate thresholds on.',
  }),
  'target-fpr': Flags.string({
    default: '0.01',
    summary: 'Share of good parts that may be called defective.',
  }),
  'review-fpr': Flags.string({
    summary: 'Share of good parts that may be sent to review; larger than --target-fpr.',
  }),
  'top-share': Flags.string({
    summary:
      "Score an image by the mean of this share of its map's highest pixels, such as 0.01, instead of by the publication's score (for most the highest pixel): finds large, faint defects better.",
  }),
  'checkpoint-every': Flags.string({ default: '60s', summary: 'Time between checkpoints.' }),
  engine: engineFlag,
  threads: threadsFlag,
};

/** What oclif makes of `trainFlags`. */
export interface TrainFlags {
  family: string;
  preset: string;
  config?: string[] | undefined;
  budget?: string | undefined;
  epochs?: number | undefined;
  steps?: number | undefined;
  batch?: number | undefined;
  shard?: number | undefined;
  lr?: string | undefined;
  schedule: 'step' | 'cosine';
  seed: number;
  'held-out': string;
  'target-fpr': string;
  'review-fpr'?: string | undefined;
  'top-share'?: string | undefined;
  'checkpoint-every': string;
}

/** The flags as settings of a training run. @throws UsageError for values that make no sense */
export function trainingOptions(
  flags: TrainFlags,
): Omit<TrainDetectorOptions, 'out' | 'resume' | 'engine' | 'threads' | 'batch' | 'shard' | 'origin'> {
  const bounded = flags.epochs !== undefined || flags.steps !== undefined;
  const topShare = parseTopShare(flags['top-share']);
  return {
    family: flags.family,
    preset: flags.preset,
    overrides: parseConfig(flags.config),
    epochs: flags.epochs ?? null,
    steps: flags.steps ?? null,
    budgetSeconds: bounded ? null : parseDuration(flags.budget ?? '10m'),
    rate: flags.lr === undefined ? null : parseNumber('lr', flags.lr, 1e-9, 10),
    schedule: flags.schedule,
    seed: flags.seed,
    heldOut: parseRate('held-out', flags['held-out'], { high: 0.9, example: '0.1 or 10%' }),
    calibration: calibrationRates(flags),
    ...(topShare !== undefined && { topShare }),
    checkpointSeconds: parseDuration(flags['checkpoint-every']),
  };
}

/** What --top-share means, where it is given. @throws UsageError */
export function parseTopShare(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseRate('top-share', text, { low: 1e-6, example: '0.01 or 1%' });
}

/** The rates that limits are set for. @throws UsageError for no rates, and a review rate not above the target */
export function calibrationRates(flags: Pick<TrainFlags, 'target-fpr' | 'review-fpr'>): {
  targetFpr: number;
  reviewFpr?: number;
} {
  const rate = (name: 'target-fpr' | 'review-fpr', text: string) =>
    parseRate(name, text, { open: true, example: '0.01 or 1%' });
  const targetFpr = rate('target-fpr', flags['target-fpr']);
  if (flags['review-fpr'] === undefined) return { targetFpr };
  const reviewFpr = rate('review-fpr', flags['review-fpr']);
  if (reviewFpr > targetFpr) return { targetFpr, reviewFpr };
  throw new UsageError(
    `--review-fpr ${flags['review-fpr']}: must be above --target-fpr ${flags['target-fpr']}, because the review band lies below the threshold`,
  );
}

/** key=value pairs with JSON values (or bare words) as an object; a dot in a key reaches into an inner object. */
export function parseConfig(pairs: readonly string[] = []): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const pair of pairs) {
    const cut = pair.indexOf('=');
    if (cut <= 0) throw new UsageError(`--config ${pair}: expected key=value, such as directions=4`);
    place(config, pair.slice(0, cut).split('.'), parseValue(pair.slice(cut + 1)));
  }
  return config;
}

function place(target: Record<string, unknown>, [key, ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    target[key!] = value;
    return;
  }
  const inner = target[key!];
  const object = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
  target[key!] = object;
  place(object, rest, value);
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
