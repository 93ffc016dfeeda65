import type { MetricRecord } from '../records/schemas.js';
import { gridMetrics } from './grid.js';
import { histogramMetrics } from './histogram-metrics.js';
import type { SortedPixels } from './pixels.js';
import { aderAupro, exactAupro, rankedAupro } from './pro.js';
import { rankingMetrics } from './ranking.js';
import { scoreOf } from './score-keys.js';

export type Protocol = MetricRecord['protocol'];

/** Pixel-level numbers of one class. */
export interface PixelMetrics {
  ranking: NonNullable<MetricRecord['pixel']>;
  extra: Record<string, number | null>;
  regions: number;
}

/**
 * Pixel metrics by protocol: `exact` (every score a threshold), `ader` (F1-max on the 21-threshold grid, AU-PRO over 100
 * thresholds stretched to 0…1), `mvtec` (AU-PRO at rank-equidistant thresholds). docs/protocol.md 1.
 */
export function pixelMetrics(pixels: SortedPixels, protocol: Protocol): PixelMetrics {
  const { f1maxAt, ...exact } = rankingMetrics(pixels.defects, pixels.normals);
  const grid = gridMetrics(pixels);
  const extra: PixelMetrics['extra'] = {
    regions: pixels.regions,
    pixel_f1max_threshold: f1maxAt === null ? null : scoreOf(f1maxAt),
    iou_max: exact.f1max === null ? null : exact.f1max / (2 - exact.f1max),
    f1_range: grid.f1Range,
    acc_range: grid.accuracyRange,
    iou_range: grid.iouRange,
  };
  if (protocol === 'exact') return withAupro(exactAupro(pixels));
  if (protocol === 'mvtec') return withAupro(rankedAupro(pixels));
  const histogram = histogramMetrics(pixels);
  exact.f1max = grid.f1max;
  extra.iou_max = grid.iouMax;
  extra.adeval_auroc = histogram.auroc;
  extra.adeval_ap = histogram.ap;
  extra.adeval_aupro = histogram.aupro;
  return withAupro(aderAupro(pixels));

  function withAupro(aupro: number | null): PixelMetrics {
    return { ranking: { ...exact, aupro }, extra, regions: pixels.regions };
  }
}
