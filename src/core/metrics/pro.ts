import { CappedArea, meanHeight } from './areas.js';
import type { SortedPixels } from './pixels.js';
import { firstWhere, scoreOf } from './score-keys.js';
import { walkThresholds } from './threshold-walk.js';

/** The false-positive rate up to which the per-region overlap is integrated (Bergmann et al. 2021). */
export const FPR_LIMIT = 0.3;

/**
 * Area under the per-region-overlap curve, exact: every distinct score is a threshold, regions pooled over the class,
 * linear interpolation at the limit, divided by it (docs/protocol.md 1.1, `exact`).
 * Null without defects or without normal pixels.
 */
export function exactAupro(pixels: SortedPixels, limit = FPR_LIMIT): number | null {
  const { defects, normals, overlapFrom } = pixels;
  if (defects.length === 0 || normals.length === 0) return null;
  const area = new CappedArea(limit * normals.length);
  walkThresholds(defects, normals, (step) => {
    const overlapAbove = overlapFrom[step.to]!;
    area.lineTo(step.falsePositivesAbove, overlapAbove);
    // Normals tied with defects enter together with them: a slanted piece.
    area.lineTo(step.falsePositives, overlapFrom[step.from]!);
  });
  area.lineTo(normals.length, 1);
  return area.share;
}

/**
 * AU-PRO as ADer's slow path defines it (docs/protocol.md 1.1 no 1): 100 evenly spaced thresholds between the lowest
 * and highest score, points with FPR below the limit kept, their FPR stretched to 0…1. Null where fewer than two FPRs
 * remain.
 */
export function aderAupro(pixels: SortedPixels, limit = FPR_LIMIT, steps = 100): number | null {
  const { defects, normals, overlapFrom, min, max } = pixels;
  if (defects.length === 0 || normals.length === 0 || min === max) return null;
  const kept: [fpr: number, overlap: number][] = [];
  for (const threshold of spacedThresholds(min, max, steps)) {
    const fpr = (normals.length - firstWhere(normals, (score) => score > threshold)) / normals.length;
    if (fpr < limit) kept.push([fpr, overlapFrom[firstWhere(defects, (score) => score > threshold)]!]);
  }
  if (kept.length < 2) return null;
  const highest = kept[0]![0];
  const lowest = kept.at(-1)![0];
  if (highest === lowest) return null;
  return meanHeight(kept.reverse());
}

/** `min, min + δ, …` below max, as NumPy's `arange` rounds them: δ is what the second element came to. */
function spacedThresholds(min: number, max: number, steps: number): number[] {
  const step = (max - min) / steps;
  const count = Math.ceil((max - min) / step);
  const rounded = min + step - min;
  return Array.from({ length: count }, (_, i) => min + i * rounded);
}

/**
 * AU-PRO with thresholds at equidistant ranks of the normal pixels (MVTec's reference evaluation, docs/protocol.md 1.1
 * no 3): linear interpolation at the limit, divided by it.
 */
export function rankedAupro(pixels: SortedPixels, limit = FPR_LIMIT, thresholds = 100): number | null {
  const { defects, normals, overlapFrom } = pixels;
  if (defects.length === 0 || normals.length === 0) return null;
  const area = new CappedArea(limit);
  // Highest rank first: its FPR is 0, where the polyline starts without adding area.
  for (let i = thresholds - 1; i >= 0; i--) {
    const rank = Math.floor((i * (normals.length - 1)) / (thresholds - 1));
    const threshold = scoreOf(normals[rank]!);
    area.lineTo(
      1 - (rank + 1) / normals.length,
      overlapFrom[firstWhere(defects, (score) => score > threshold)]!,
    );
  }
  area.lineTo(1, 1);
  return area.share;
}
