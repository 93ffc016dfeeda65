import type { Tensor } from '@tensorflow/tfjs';
import { enlargeAndSmooth } from '../../anomaly/smoothing.js';
import { tf } from '../../runtime/tf.js';
import type { MemoryBankConfig } from './config.js';
import { patchGrid } from './patch-shape.js';
import { patchFeatures } from './patches.js';
import { distances, indexOfLargest, nearestSquared, smallest } from './search.js';

/**
 * Anomaly map and score of one image: each patch's distance to the bank, enlarged and smoothed as the other families'
 * maps are; the largest distance, re-weighted by how common its neighbour is (PatchCore eq. 6, 7).
 *
 * @param bank `[N,C]`
 * @param features `[1,H,W,C]` each
 */
export function scoreWithBank(
  bank: Tensor,
  features: readonly Tensor[],
  config: MemoryBankConfig,
  size: number,
): { map: Tensor; rawScore: Tensor } {
  const patches = patchFeatures(features, config);
  const [height, width] = patchGrid(
    features.map((map) => map.shape.slice(1)),
    config,
  );
  const nearest = tf.sqrt(nearestSquared(patches, bank));
  const worst = indexOfLargest(nearest.dataSync() as Float32Array);
  const patch = tf.slice(patches, [worst, 0], [1, -1]);
  const rawScore = tf.tensor1d([reweighted(patch, bank, config.neighbours)]);
  return { map: smoothed(nearest.reshape([1, height, width]), size), rawScore };
}

/**
 * `(1 − exp‖x−m*‖ / Σ exp‖x−m‖) · ‖x−m*‖`, the sum over the b rows nearest to m*, the row nearest to x: a patch beside
 * a row that is itself rare counts for more.
 */
function reweighted(patch: Tensor, bank: Tensor, neighbours: number): number {
  const fromPatch = distances(patch, bank);
  const [closest] = smallest(fromPatch, 1) as [number];
  const distance = fromPatch[closest]!;
  const fromClosest = distances(tf.slice(bank, [closest, 0], [1, -1]), bank);
  const around = smallest(fromClosest, neighbours);
  if (around.length === 1) return distance;
  // The row itself may lose its place among the nearest to copies of it.
  const others = around.filter((row) => row !== closest).slice(0, neighbours - 1);
  const odds = others.reduce((sum, row) => sum + Math.exp(fromPatch[row]! - distance), 1);
  return (1 - 1 / odds) * distance;
}

/** `[1,h,w]` → `[1,size,size]`. */
function smoothed(distance: Tensor, size: number): Tensor {
  const [, height, width] = distance.shape as [number, number, number];
  const rows = tf.tensor(Float32Array.from(enlargeAndSmooth(height, size)), [1, size, height]);
  const columns = tf.tensor(Float32Array.from(enlargeAndSmooth(width, size)), [1, size, width]);
  return tf.matMul(tf.matMul(rows, distance), columns, false, true);
}
