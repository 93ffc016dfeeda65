import { CappedArea, meanHeight } from './areas.js';
import type { SortedPixels } from './pixels.js';
import { FPR_LIMIT } from './pro.js';
import { firstWhere } from './score-keys.js';

/** Pixel metrics from a histogram of scores, as the adeval package computes them for the ADer benchmark tables. */
export interface HistogramMetrics {
  auroc: number | null;
  ap: number | null;
  aupro: number | null;
}

/**
 * Pixel AUROC, AP (trapezoid under the precision-recall points) and AU-PRO from `strips` equal bins between the lowest
 * and highest score of the class (docs/protocol.md 1.1 no 2): what the logs behind the benchmark's re-run tables hold.
 */
export function histogramMetrics(pixels: SortedPixels, strips = 50): HistogramMetrics {
  const { defects, normals, min, max } = pixels;
  if (defects.length === 0 || normals.length === 0 || min === max) {
    return { auroc: null, ap: null, aupro: null };
  }
  const points = Array.from({ length: strips + 1 }, (_, i) => pointAt(pixels, 1 - i / strips));
  const first = points[0]!;
  const pro = new CappedArea(FPR_LIMIT, first.fpr, first.overlap);
  for (const { fpr, overlap } of points) pro.lineTo(fpr, overlap);
  return {
    auroc: areaFrom(points.map(({ fpr, recall }) => [fpr, recall])),
    ap: areaFrom(points.map(({ recall, precision }) => [recall, precision])),
    aupro: pro.share,
  };
}

/** The area under points that end at x = 1: what lies left of the first one is not counted. */
function areaFrom(points: readonly [x: number, y: number][]): number {
  const width = 1 - points[0]![0];
  return width === 0 ? 0 : meanHeight(points) * width;
}

interface CurvePoint {
  fpr: number;
  recall: number;
  precision: number;
  overlap: number;
}

function pointAt({ defects, normals, overlapFrom, min, max }: SortedPixels, position: number): CurvePoint {
  const edge = min + position * (max - min);
  const missed = firstWhere(defects, (score) => score >= edge);
  const hit = defects.length - missed;
  const falsePositives = normals.length - firstWhere(normals, (score) => score >= edge);
  return {
    fpr: falsePositives / normals.length,
    recall: hit / defects.length,
    precision: hit + falsePositives === 0 ? 1 : hit / (hit + falsePositives),
    overlap: overlapFrom[missed]!,
  };
}
