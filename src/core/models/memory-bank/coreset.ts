import type { Random } from '../../nn/random.js';

/** Points that lie close to all others, and how close. */
export interface Coreset {
  /** Indices of the chosen points, in the order of their choice. */
  chosen: Int32Array;
  /** Mean distance of a point to the nearest chosen one. */
  error: number;
}

const stride = 16; // dimensions between two looks at whether a distance is already too large

/**
 * Greedy coreset: the next point is always the one that is farthest from those chosen so far (PatchCore algorithm 1;
 * Gonzalez 1985). Yields the share that is done.
 *
 * @param points `[P,D]`
 * @param count of points to choose; fewer come where fewer differ
 */
export function* farthestPoints(
  points: Float32Array,
  dimensions: number,
  count: number,
  random: Random,
): Generator<number, Coreset> {
  const total = points.length / dimensions;
  const chosen = new Int32Array(Math.min(count, total));
  const squared = new Float32Array(total).fill(Number.POSITIVE_INFINITY);
  let next = random.integer(total);
  let k = 0;
  // Where every point is chosen or equal to one that is, there is nothing left to choose.
  while (k < chosen.length && squared[next]! > 0) {
    chosen[k++] = next;
    next = approach(points, dimensions, squared, next);
    if (k % 64 === 0) yield k / chosen.length;
  }
  const error = squared.reduce((sum, value) => sum + Math.sqrt(value), 0) / total;
  return { chosen: chosen.slice(0, k), error };
}

/** Updates every point's squared distance to the chosen ones by a new one; returns the point that is now farthest. */
function approach(points: Float32Array, dimensions: number, squared: Float32Array, centre: number): number {
  const at = centre * dimensions;
  let farthest = 0;
  for (let p = 0; p < squared.length; p++) {
    const limit = squared[p]!;
    const from = p * dimensions;
    let sum = 0;
    // Most points have a nearer one already, which a part of the dimensions shows.
    for (let d = 0; d < dimensions && sum < limit; ) {
      const end = Math.min(d + stride, dimensions);
      for (; d < end; d++) {
        const difference = points[from + d]! - points[at + d]!;
        sum += difference * difference;
      }
    }
    if (sum < limit) squared[p] = sum;
    if (squared[p]! > squared[farthest]!) farthest = p;
  }
  return farthest;
}
