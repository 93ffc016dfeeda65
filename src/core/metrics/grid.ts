import type { SortedPixels } from './pixels.js';
import { firstWhere } from './score-keys.js';

// The published tables' pixel metrics on a coarse threshold grid of min-max normalised maps (docs/protocol.md 1).

/** What a prediction `map > threshold` amounts to at one threshold. */
interface Overlap {
  f1: number;
  accuracy: number;
  iou: number;
}

/** Metrics over threshold grids; null where the class has no defective pixel or all scores are equal. */
export interface GridMetrics {
  /** Largest F1 over thresholds 0, 0.05, …, 1. */
  f1max: number | null;
  /** Largest intersection over union over the same thresholds. */
  iouMax: number | null;
  /** Means over thresholds 0.2, 0.3, …, 0.8; "accuracy" is ADer's word for the recall of defective pixels. */
  f1Range: number | null;
  accuracyRange: number | null;
  iouRange: number | null;
}

const EPS = 1e-8; // ADer's guard in every denominator; it moves the tenth digit

/** Pixel metrics over the grids of ADer's evaluator, maps normalised by the minimum and maximum of the class. */
export function gridMetrics(pixels: SortedPixels): GridMetrics {
  if (pixels.defects.length === 0 || pixels.min === pixels.max) {
    return { f1max: null, iouMax: null, f1Range: null, accuracyRange: null, iouRange: null };
  }
  const fine = Array.from({ length: 21 }, (_, i) => overlapAt(pixels, i * 0.05));
  const step = 0.2 + 0.1 - 0.2; // as NumPy's arange rounds the step
  const coarse = Array.from({ length: 7 }, (_, i) => overlapAt(pixels, 0.2 + i * step));
  return {
    f1max: Math.max(...fine.map(({ f1 }) => f1)),
    iouMax: Math.max(...fine.map(({ iou }) => iou)),
    f1Range: mean(coarse.map(({ f1 }) => f1)),
    accuracyRange: mean(coarse.map(({ accuracy }) => accuracy)),
    iouRange: mean(coarse.map(({ iou }) => iou)),
  };
}

function overlapAt({ defects, normals, min, max }: SortedPixels, threshold: number): Overlap {
  const above = (score: number) => (score - min) / (max - min) > threshold;
  const hit = defects.length - firstWhere(defects, above);
  const predicted = hit + normals.length - firstWhere(normals, above);
  const precision = hit / (predicted + EPS);
  const recall = hit / (defects.length + EPS);
  return {
    f1: (2 * precision * recall) / (precision + recall + EPS),
    accuracy: recall,
    iou: hit / (defects.length + predicted - hit + EPS),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
