// An image score by the highest pixels together instead of the highest one: what is faint but large outweighs one noisy
// spot. The evaluation of Dinomaly and its kin takes a share of 0.01 (docs/protocol.md 1.3).
import type { Ops } from '../ops/ops.js';

/** Image score of each map: the mean of that share of its pixels that is highest. `[B,S,S]` → `[B]`. */
export function topShareScore<T>(ops: Ops<T>, map: T, share: number): T {
  const [, height, width] = ops.shapeOf(map) as [number, number, number];
  const pixels = height * width;
  return ops.topMean(ops.reshape(map, [-1, pixels]), topCount(pixels, share));
}

/** The same of one map that is already computed: `[S·S]`. */
export function topShareOf(map: Float32Array, share: number): number {
  const count = topCount(map.length, share);
  const highest = map.toSorted().subarray(-count);
  return highest.reduce((sum, value) => sum + value, 0) / count;
}

function topCount(pixels: number, share: number): number {
  return Math.max(1, Math.floor(share * pixels));
}
