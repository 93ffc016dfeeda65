// Glossary: B batch · h, w sides of one feature scale · C channels · S = size of the map

import type { Ops } from '../ops/ops.js';
import { enlargeAndSmooth } from './smoothing.js';

const EPS = 1e-8; // PyTorch's cosine_similarity: lower bound of each norm

/**
 * Anomaly map of a batch (MambaAD, ADer; docs/algorithms.md 1.8): per scale one minus the cosine between teacher and
 * student features, enlarged to `size` with aligned corners, summed, divided by the square of the number of scales, and
 * smoothed by a Gaussian of sigma 4. Enlarging and smoothing are one product with a constant matrix on either side of
 * each scale.
 *
 * @param teacher per scale `[B,h,w,C]`
 * @param student the same shapes
 * @returns `[B,size,size]`
 */
export function anomalyMap<T>(ops: Ops<T>, teacher: readonly T[], student: readonly T[], size = 256): T {
  const scales = teacher.map((features, i) => {
    const distance = cosineDistance(ops, features, student[i]!); // [B,h,w]
    const [, height, width] = ops.shapeOf(features) as [number, number, number, number];
    const rows = ops.constant(Float32Array.from(enlargeAndSmooth(height, size)), [1, size, height]);
    const columns = ops.constant(Float32Array.from(enlargeAndSmooth(width, size)), [1, size, width]);
    return ops.matMul(ops.matMul(rows, distance), columns, false, true); // [B,S,S]
  });
  const sum = scales.reduce((total, scale) => ops.add(total, scale));
  return ops.scale(sum, 1 / scales.length ** 2);
}

/** Image score of each map: its maximum. `[B,S,S]` → `[B]`. */
export function imageScore<T>(ops: Ops<T>, map: T): T {
  return ops.max(map, [1, 2]);
}

/** One minus the cosine of the angle between two feature maps at every place: `[B,h,w,C]` twice → `[B,h,w]`. */
export function cosineDistance<T>(ops: Ops<T>, x: T, y: T): T {
  const product = ops.sum(ops.mul(x, y), [3]);
  const norms = ops.mul(norm(ops, x), norm(ops, y));
  return ops.shift(ops.scale(ops.div(product, norms), -1), 1);
}

function norm<T>(ops: Ops<T>, x: T): T {
  return ops.maximum(ops.sqrt(ops.sum(ops.square(x), [3])), EPS);
}
