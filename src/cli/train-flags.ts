import * as Flags from '@oclif/core/flags';
import { UsageError } from '../core/errors.js';
import { threadsFlag } from './compute-flags.js';
import { engineFlag } from './flags.js';

/** Everything that shapes a training run; `retrain` takes the same. */
export const trainFlags = {
  family: Flags.string({ default: 'mambaad', summary: 'Kind of detector; see mambaad models.' }),
  preset: Flags.string({
    default: 'small',
    summary: "Named config: paper is the publication's, small trains in minutes on two cores.",
  }),
  config: Flags.string({
    multiple: true,
    summary: 'Change of the config, key=value with a JSON value: --config depths=[3,3,3,3]',
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
  batch: Flags.integer({ min: 1, default: 8, summary: 'Images of one step.' }),
  shard: Flags.integer({
    min: 1,
    default: 4,
    summary: 'Images normalised together; bounds the memory of a thread.',
  }),
  lr: Flags.string({ summary: "Peak learning rate [default: the publication's, scaled to the batch]" }),
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
  'checkpoint-every': Flags.string({ default: '60s', summary: 'Time between checkpoints.' }),
  engine: engineFlag,
  threads: threadsFlag,
};

/** key=value pairs with JSON values (or bare words) as an object. */
export function parseConfig(pairs: readonly string[] = []): Record<string, unknown> {
  return Object.fromEntries(pairs.map(parsePair));
}

function parsePair(pair: string): [string, unknown] {
  const cut = pair.indexOf('=');
  if (cut <= 0) throw new UsageError(`--config ${pair}: expected key=value, such as directions=4`);
  const [key, text] = [pair.slice(0, cut), pair.slice(cut + 1)];
  try {
    return [key, JSON.parse(text)];
  } catch {
    return [key, text];
  }
}

/** A number in [low, high]. @throws UsageError otherwise */
export function parseNumber(flag: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= low && value <= high) return value;
  throw new UsageError(`--${flag} ${text}: expected a number from ${low} to ${high}`);
}
