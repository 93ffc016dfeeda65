import { UsageError } from '../errors.js';
import { nameForm } from '../records/name-form.js';
import type { ScoreRecord } from '../records/schemas.js';
import type { Calibration, ClassCalibration } from './calibration.js';

export type Verdict = ScoreRecord['verdict'];

/**
 * Whose limits a verdict goes by: those of the picture's own `class`, those of all classes together (`pooled`), one that
 * was `given` with the command, or `none`, because the model has none.
 */
export type LimitSource = NonNullable<ScoreRecord['limits']>;

/** Limits with where they come from. */
export interface AppliedLimits extends ClassCalibration {
  source: LimitSource;
}

/** Limits that a user sets in place of the calibrated ones. */
export interface LimitOverrides {
  threshold?: number | undefined;
  /** Lower limit of the review band. */
  review?: number | undefined;
  mapThreshold?: number | undefined;
}

/** The limits of a class; a class without any gets those of all classes together. */
export function limitsOf({ classes, pooled }: Calibration, name: string): AppliedLimits {
  const own = classes.find((entry) => nameForm(entry.class) === nameForm(name))?.limits;
  if (own && own.method !== 'none') return { ...own, source: 'class' };
  return { ...pooled, source: pooled.method === 'none' ? 'none' : 'pooled' };
}

/** A threshold that is given makes the verdicts of every class. Throws UsageError as `checkOverrides`. */
export function withOverrides(limits: AppliedLimits, overrides: LimitOverrides): AppliedLimits {
  const { threshold = limits.threshold, mapThreshold = limits.mapThreshold } = overrides;
  // A calibrated band says nothing about another threshold: it goes with the threshold it was made for.
  const review = overrides.review ?? (overrides.threshold === undefined ? limits.review : threshold);
  if (review > threshold) throw bandAbove(review, threshold);
  const source = overrides.threshold === undefined ? limits.source : 'given';
  return { ...limits, threshold, review, mapThreshold, source };
}

/**
 * What can be said of given limits before the first picture comes.
 *
 * @throws UsageError when the review limit lies above a threshold, or stands alone before a model without limits
 */
export function checkOverrides(
  { classes, pooled }: Calibration,
  { threshold, review }: LimitOverrides,
): void {
  if (review === undefined) return;
  if (threshold !== undefined) {
    if (review > threshold) throw bandAbove(review, threshold);
    return;
  }
  const limited = classes.filter(({ limits }) => limits.method !== 'none');
  if (limited.length === 0 && pooled.method === 'none') {
    throw new UsageError(`--review ${review}: the model has no limits of its own; give --threshold as well`);
  }
  for (const { class: name, limits } of limited) {
    if (review > limits.threshold) throw bandAbove(review, limits.threshold, ` of class "${name}"`);
  }
}

function bandAbove(review: number, threshold: number, whose = ''): UsageError {
  return new UsageError(
    `--review ${review} lies above the threshold ${threshold}${whose}: the band is review … threshold; give a lower one, or --threshold as well`,
  );
}

/**
 * `ng` above the threshold, `review` above the review limit, else `ok`. A score exactly at a limit stays below it: the
 * calibrated limits are scores of good parts. The limits of other classes may find a part bad but never good: what they
 * do not convict is `unknown`, as everything is without limits.
 */
export function verdictOf(
  rawScore: number,
  { threshold, review, source }: Pick<AppliedLimits, 'threshold' | 'review' | 'source'>,
): Verdict {
  if (source === 'none') return 'unknown';
  if (rawScore > threshold) return 'ng';
  if (source === 'pooled') return 'unknown';
  return rawScore > review ? 'review' : 'ok';
}

/**
 * A score in 0…1 that rises with the raw score: 0.5 exactly at the threshold, 0.25 at the median good part, 0.75 as far
 * above the threshold as the median good part lies below. With x the distance from the threshold in units of that
 * spread: `(1 + x / (1 + |x|)) / 2`. Unlike a logistic it does not flatten to 1, so strong defects keep their order.
 */
export function calibratedScore(
  rawScore: number,
  limits: Pick<ClassCalibration, 'threshold' | 'scale'>,
): number {
  const x = (rawScore - limits.threshold) / limits.scale;
  return (1 + x / (1 + Math.abs(x))) / 2;
}
