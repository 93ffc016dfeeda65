import type { Region } from '../records/schemas.js';
import { connectedComponents } from './components.js';

export interface RegionOptions {
  /** Smallest region kept, in pixels of the map. Default 1. */
  minArea?: number;
}

/** What a map shows above a threshold. */
export interface Segmentation {
  /** `[H·W]`, 1 inside the regions kept. */
  mask: Uint8Array;
  /** 8-connected, largest first; equal areas in order of their peaks. */
  regions: Region[];
  /** Pixels inside the regions kept. */
  area: number;
}

/**
 * Pixels of a map `[height, width]` strictly above the threshold (a pixel at the threshold is good, as an image at its
 * threshold is), as a mask and as connected regions in map pixels.
 */
export function segmentMap(
  map: Float32Array,
  width: number,
  height: number,
  threshold: number,
  { minArea = 1 }: RegionOptions = {},
): Segmentation {
  const above = Uint8Array.from(map, (value) => (value > threshold ? 1 : 0));
  const { labels, areas, count } = connectedComponents(above, width, height);
  const found = measure(map, labels, width, count);
  const mask = above.map((_, i) => (labels[i]! > 0 && areas[labels[i]! - 1]! >= minArea ? 1 : 0));
  const regions = found
    .filter(({ area }) => area >= minArea)
    .map(toRegion)
    .sort((a, b) => b.area - a.area || b.peak - a.peak);
  return { mask, regions, area: regions.reduce((sum, { area }) => sum + area, 0) };
}

interface Extent {
  area: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  peak: number;
  sumX: number;
  sumY: number;
}

function measure(map: Float32Array, labels: Int32Array, width: number, count: number): Extent[] {
  const extents = Array.from(
    { length: count },
    (): Extent => ({
      area: 0,
      left: Number.POSITIVE_INFINITY,
      right: -1,
      top: Number.POSITIVE_INFINITY,
      bottom: -1,
      peak: Number.NEGATIVE_INFINITY,
      sumX: 0,
      sumY: 0,
    }),
  );
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label === 0) continue;
    const extent = extents[label - 1]!;
    const x = i % width;
    const y = (i - x) / width;
    extent.area++;
    extent.left = Math.min(extent.left, x);
    extent.right = Math.max(extent.right, x);
    extent.top = Math.min(extent.top, y);
    extent.bottom = Math.max(extent.bottom, y);
    extent.peak = Math.max(extent.peak, map[i]!);
    extent.sumX += x;
    extent.sumY += y;
  }
  return extents;
}

function toRegion({ area, left, right, top, bottom, peak, sumX, sumY }: Extent): Region {
  return {
    area,
    box: [left, top, right - left + 1, bottom - top + 1],
    peak,
    centroid: [sumX / area, sumY / area],
  };
}
