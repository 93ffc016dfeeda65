import { createRandom, type Random } from '../nn/random.js';
import type { MetricRecord } from '../records/schemas.js';
import type { ClassEvaluation, ImageScores } from './class-accumulator.js';
import { rankingMetrics } from './ranking.js';

/** Lower and upper end of a confidence interval. */
export type Interval = [low: number, high: number];

/** Intervals of the image metrics; null where the metric is. */
export interface ImageIntervals {
  auroc: Interval | null;
  ap: Interval | null;
  f1max: Interval | null;
}

export interface BootstrapOptions {
  /** Resamples. Default 1000. */
  resamples?: number;
  /** Default 0.95. */
  confidence?: number;
  /** Default 0. */
  seed?: number;
}

const METRICS = ['auroc', 'ap', 'f1max'] as const;
type Sample = Record<(typeof METRICS)[number], number | null>;

/**
 * Percentile bootstrap intervals of the image metrics (Efron 1979): good and anomalous images are resampled with
 * replacement, each among its own, so that every resample has both. `classes` belong to the intervals of the mean: each
 * resample averages one resample of every class.
 */
export function bootstrapImages(
  classes: readonly Pick<ClassEvaluation, 'scores'>[],
  { resamples = 1000, confidence = 0.95, seed = 0 }: BootstrapOptions = {},
): { classes: ImageIntervals[]; mean: ImageIntervals } {
  const random = createRandom(seed);
  const samples = classes.map(({ scores }) =>
    Array.from(
      { length: resamples },
      (): Sample => rankingMetrics(resample(scores.anomalies, random), resample(scores.normals, random)),
    ),
  );
  const means = Array.from({ length: resamples }, (_, i) =>
    meanSample(samples.map((ofClass) => ofClass[i]!)),
  );
  return {
    classes: samples.map((ofClass) => intervals(ofClass, confidence)),
    mean: intervals(means, confidence),
  };
}

/** The metric records with their intervals under `confidence_interval`. */
export function withIntervals(
  evaluation: { classes: readonly ClassEvaluation[]; mean: MetricRecord },
  options: BootstrapOptions = {},
): MetricRecord[] {
  const found = bootstrapImages(evaluation.classes, options);
  const level = options.confidence ?? 0.95;
  const extended = (record: MetricRecord, image: ImageIntervals): MetricRecord => ({
    ...record,
    confidence_interval: { level, resamples: options.resamples ?? 1000, image },
  });
  return [
    ...evaluation.classes.map(({ record }, i) => extended(record, found.classes[i]!)),
    extended(evaluation.mean, found.mean),
  ];
}

/** As many draws as scores, with replacement, sorted as the scores are. */
function resample(sorted: ImageScores['normals'], random: Random): Float64Array {
  const times = new Uint32Array(sorted.length);
  for (let i = 0; i < sorted.length; i++) times[random.integer(sorted.length)]!++;
  const drawn = new Float64Array(sorted.length);
  let at = 0;
  for (let i = 0; i < sorted.length; i++) {
    drawn.fill(sorted[i]!, at, at + times[i]!);
    at += times[i]!;
  }
  return drawn;
}

function meanSample(samples: readonly Sample[]): Sample {
  const mean = (pick: (sample: Sample) => number | null): number | null => {
    const values = samples.map(pick).filter((value) => value !== null);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return { auroc: mean((s) => s.auroc), ap: mean((s) => s.ap), f1max: mean((s) => s.f1max) };
}

function intervals(samples: readonly Sample[], confidence: number): ImageIntervals {
  const [auroc, ap, f1max] = METRICS.map((metric) =>
    interval(
      samples.map((s) => s[metric]),
      confidence,
    ),
  );
  return { auroc: auroc!, ap: ap!, f1max: f1max! };
}

function interval(values: readonly (number | null)[], confidence: number): Interval | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const at = (fraction: number) => sorted[Math.round(fraction * (sorted.length - 1))]!;
  return [at((1 - confidence) / 2), at((1 + confidence) / 2)];
}
