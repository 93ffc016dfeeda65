import { type SortedScores, walkThresholds } from './threshold-walk.js';

/** Ranking metrics of one class; null where the sample does not define them. */
export interface Ranking {
  auroc: number | null;
  ap: number | null;
  f1max: number | null;
  /** The score at and above which F1 is largest (the highest such score), in the unit of the sorted scores. */
  f1maxAt: number | null;
}

/**
 * Exact ranking metrics of scores sorted ascending, every distinct score a threshold (docs/protocol.md 1): AUROC with
 * ties counted half, average precision `Σ (R_k − R_{k−1}) P_k` without interpolation, the largest F1. Without positives
 * nothing is defined; without negatives AUROC is not.
 */
export function rankingMetrics(positives: SortedScores, negatives: SortedScores): Ranking {
  if (positives.length === 0) return { auroc: null, ap: null, f1max: null, f1maxAt: null };
  // Halves of whole numbers below 2^53: the sum is exact.
  let concordant = 0;
  let precisionSum = 0;
  let f1max = 0;
  let f1maxAt: number | null = null;
  walkThresholds(positives, negatives, (step) => {
    const tied = step.falsePositives - step.falsePositivesAbove;
    const count = step.to - step.from;
    concordant += count * (negatives.length - step.falsePositivesAbove - tied / 2);
    precisionSum += count * (step.truePositives / (step.truePositives + step.falsePositives));
    const f1 = (2 * step.truePositives) / (positives.length + step.truePositives + step.falsePositives);
    if (f1 > f1max) {
      f1max = f1;
      f1maxAt = step.score;
    }
  });
  const pairs = positives.length * negatives.length;
  return {
    auroc: pairs === 0 ? null : concordant / pairs,
    ap: precisionSum / positives.length,
    f1max,
    f1maxAt,
  };
}
