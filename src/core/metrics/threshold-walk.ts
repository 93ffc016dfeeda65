/** Scores in ascending order: float64 image scores or the integer keys of pixel scores. */
export type SortedScores = Float64Array | Uint32Array;

/** One step of the threshold down to a score that at least one positive has. */
export interface ThresholdStep {
  /** The score; everything at or above it is now called positive. */
  score: number;
  /** The positives that have exactly this score are `[from, to)` of the sorted positives. */
  from: number;
  to: number;
  /** Positives at or above the score. */
  truePositives: number;
  /** Negatives strictly above the score. */
  falsePositivesAbove: number;
  /** Negatives at or above the score. */
  falsePositives: number;
}

/**
 * Lowers the threshold through the distinct scores of the positives, highest first. Thresholds between them add only
 * false positives: every ranking metric follows from these steps, ties included. The step object is reused.
 */
export function walkThresholds(
  positives: SortedScores,
  negatives: SortedScores,
  visit: (step: ThresholdStep) => void,
): void {
  const step: ThresholdStep = {
    score: 0,
    from: positives.length,
    to: positives.length,
    truePositives: 0,
    falsePositivesAbove: 0,
    falsePositives: 0,
  };
  let below = negatives.length;
  while (step.from > 0) {
    step.to = step.from;
    step.score = positives[step.to - 1]!;
    while (step.from > 0 && positives[step.from - 1] === step.score) step.from--;
    while (below > 0 && negatives[below - 1]! > step.score) below--;
    step.falsePositivesAbove = negatives.length - below;
    while (below > 0 && negatives[below - 1] === step.score) below--;
    step.falsePositives = negatives.length - below;
    step.truePositives = positives.length - step.from;
    visit(step);
  }
}
