import type { ShardResult } from './gradients.js';

/** PyTorch's default: running = 0.9 · running + 0.1 · batch. */
export const batchNormMomentum = 0.1;

/**
 * Moves the running means and variances towards the batch's, averaged over its shards: each shard normalises with
 * its own statistics (as data-parallel training does), so the result does not depend on the number of threads.
 */
export function updateRunningStatistics(
  values: Float32Array,
  shards: readonly ShardResult[],
  weights: readonly number[],
): void {
  const batch = new Map<number, Float32Array>();
  shards.forEach(({ statistics }, shard) => {
    for (const { offset, values: own } of statistics) {
      const sum = batch.get(offset) ?? new Float32Array(own.length);
      for (let i = 0; i < own.length; i++) sum[i] = sum[i]! + weights[shard]! * own[i]!;
      batch.set(offset, sum);
    }
  });
  for (const [offset, statistics] of batch) {
    for (let i = 0; i < statistics.length; i++) {
      values[offset + i] = (1 - batchNormMomentum) * values[offset + i]! + batchNormMomentum * statistics[i]!;
    }
  }
}
