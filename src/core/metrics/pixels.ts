import { connectedComponents } from '../anomaly/components.js';
import { GrowingKeys } from './growing-keys.js';
import { sortKeys, sortKeysWithPayload } from './radix-sort.js';
import { keysOf, scoreOf } from './score-keys.js';

/** Every pixel of a class, sorted: what all pixel metrics are computed from. Scores are keys (score-keys.ts). */
export interface SortedPixels {
  /** Keys of the pixels outside every defect, ascending. */
  readonly normals: Uint32Array;
  /** Keys of the defective pixels, ascending. */
  readonly defects: Uint32Array;
  /** `[defects + 1]`: mean region overlap of the defects from index i on; element 0 is 1, the last 0. */
  readonly overlapFrom: Float64Array;
  /** Connected defect regions (8-connected) of all images of the class. */
  readonly regions: number;
  /** Lowest and highest pixel score; 0 without pixels. */
  readonly min: number;
  readonly max: number;
}

/** Collects the pixels of one class, image after image, at four bytes a pixel (eight in defects). */
export class PixelCollector {
  private readonly normals = new GrowingKeys();
  private readonly defects = new GrowingKeys();
  private readonly defectRegions = new GrowingKeys();
  private readonly areas: number[] = [];
  private keys = new Uint32Array(0);

  /** Adds a map `[height, width]` of finite scores with its defect mask; null is a picture without defects. */
  add(map: Float32Array, mask: Uint8Array | null, width: number, height: number): void {
    if (this.keys.length !== map.length) this.keys = new Uint32Array(map.length);
    const keys = this.keys;
    keysOf(map, keys);
    if (mask === null || !hasDefect(mask)) {
      this.normals.append(keys);
      return;
    }
    const { labels, areas } = connectedComponents(mask, width, height);
    const offset = this.areas.length - 1;
    for (let i = 0; i < keys.length; i++) {
      const label = labels[i]!;
      if (label === 0) {
        this.normals.push(keys[i]!);
      } else {
        this.defects.push(keys[i]!);
        this.defectRegions.push(label + offset);
      }
    }
    this.areas.push(...areas);
  }

  /** Sorts and releases what was collected. */
  finish(): SortedPixels {
    const normals = sortKeys(this.normals.chunks());
    this.normals.clear();
    const { keys: defects, payload } = sortKeysWithPayload(
      this.defects.chunks(),
      this.defectRegions.chunks(),
    );
    this.defects.clear();
    this.defectRegions.clear();
    return {
      normals,
      defects,
      overlapFrom: overlapSums(payload, this.areas),
      regions: this.areas.length,
      min: extreme([normals[0], defects[0]], Math.min),
      max: extreme([normals.at(-1), defects.at(-1)], Math.max),
    };
  }
}

/** Whether any pixel of a mask is non-zero. */
export function hasDefect(mask: Uint8Array): boolean {
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) return true;
  return false;
}

function overlapSums(regions: Uint32Array, areas: readonly number[]): Float64Array {
  // A pixel weighs 1 / (area of its region · number of regions); float64, because millions of them are summed.
  const weights = Float64Array.from(areas, (area) => 1 / (area * areas.length));
  const sums = new Float64Array(regions.length + 1);
  let sum = 0;
  let lost = 0; // what rounding took from the sum so far (Kahan 1965)
  for (let i = regions.length - 1; i >= 0; i--) {
    const weight = weights[regions[i]!]! - lost;
    const next = sum + weight;
    lost = next - sum - weight;
    sum = next;
    sums[i] = Math.min(1, sum);
  }
  // All of every region, whatever the thirds and sevenths came to.
  if (regions.length > 0) sums[0] = 1;
  return sums;
}

function extreme(keys: readonly (number | undefined)[], pick: (...keys: number[]) => number): number {
  const present = keys.filter((key) => key !== undefined);
  return present.length === 0 ? 0 : scoreOf(pick(...present));
}
