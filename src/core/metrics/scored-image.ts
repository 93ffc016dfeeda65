import { DataError } from '../errors.js';

/** One scored picture with what is known about it: the input of every metric. */
export interface ScoredImage {
  class: string;
  /** For messages. */
  path: string;
  /** Raw image score, higher is more anomalous. */
  score: number;
  /** Ground truth of the picture; without it the picture is counted and left out. */
  label?: 'normal' | 'anomaly' | undefined;
  /** Anomaly map `[height, width]`, raw. */
  map?: Float32Array | undefined;
  width?: number | undefined;
  height?: number | undefined;
  /** Ground truth at the size of the map, non-zero is defective; absent on a normal picture means no defect. */
  mask?: Uint8Array | undefined;
  /** Whether the same picture was added before. */
  isRepeat?: boolean | undefined;
  /** What is odd about the mask's file. */
  maskDoubt?: 'inverted' | 'of-good-image' | undefined;
}

/** Refuses scores and maps that no metric can be computed from. */
export function checkScoredImage({ path, score, map, mask, width, height }: ScoredImage): void {
  if (!Number.isFinite(score)) {
    throw new DataError(
      `${path}: the raw score is ${score}, expected a finite number; score the image again.`,
    );
  }
  if (!map) return;
  if (map.length !== (width ?? 0) * (height ?? 0)) {
    throw new DataError(`${path}: the map holds ${map.length} values, its shape says ${height}×${width}.`);
  }
  if (mask && mask.length !== map.length) {
    throw new DataError(
      `${path}: the mask holds ${mask.length} pixels, the map ${height}×${width}; resize the mask to the map.`,
    );
  }
  const broken = firstBroken(map);
  if (broken >= 0) {
    const at = `(${broken % width!}, ${Math.floor(broken / width!)})`;
    throw new DataError(`${path}: the map is ${map[broken]} at ${at}, expected finite scores.`);
  }
}

function firstBroken(map: Float32Array): number {
  // x − x is 0 exactly for finite x; a plain loop, because every pixel of a test set passes here.
  for (let i = 0; i < map.length; i++) if (map[i]! - map[i]! !== 0) return i;
  return -1;
}
