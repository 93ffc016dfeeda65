import { UsageError } from '../errors.js';
import type { ScoreRecord } from '../records/schemas.js';
import type { Calibration, ClassCalibration } from './calibration.js';

export type Verdict = ScoreRecord['verdict'];

/** Limits that a user sets in place of the calibrated ones. */
export interface LimitOverrides {
  threshold?: number | undefined;
  /** Lower limit of the review band. */
  review?: number | undefined;
  mapThreshold?: number | undefined;
}

/** The limits of a class; a class that was never seen gets those of all classes together. */
export function limitsOf(calibration: Calibration, className: string): ClassCalibration {
  return calibration.classes.find((entry) => entry.class === className)?.limits ?? calibration.pooled;
}

/** Throws UsageError when the review limit lies above the threshold. */
export function withOverrides(limits: ClassCalibration, overrides: LimitOverrides): ClassCalibration {
  const threshold = overrides.threshold ?? limits.threshold;
  // A calibrated band says nothing about another threshold: it goes with the threshold it was made for.
  const review = overrides.review ?? (overrides.threshold === undefined ? limits.review : threshold);
  if (review > threshold) {
    throw new UsageError(
      `the review limit ${review} lies above the threshold ${threshold}; the band is review … threshold.`,
    );
  }
  return { ...limits, threshold, review, mapThreshold: overrides.mapThreshold ?? limits.mapThreshold };
}

/**
 * `ng` above the threshold, `review` above the review limit, else `ok`. A score exactly at a limit stays below it: the
 * calibrated limits are scores of good parts.
 */
export function verdictOf(rawScore: number, limits: Pick<ClassCalibration, 'threshold' | 'review'>): Verdict {
  if (rawScore > limits.threshold) return 'ng';
  return rawScore > limits.review ? 'review' : 'ok';
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
