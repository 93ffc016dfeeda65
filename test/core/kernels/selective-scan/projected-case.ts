import { type ScanArrays, scanForward } from '../../../../src/core/kernels/selective-scan/reference.js';
import { noise } from '../backend.js';
import { type ScanCase, scanCase } from './scan-case.js';

/** A scan of one image whose delta, b and c come out of one projection. */
export interface ProjectedCase {
  sizes: ScanCase['sizes'] & { rank: number };
  arrays: Omit<ScanArrays<Float32Array>, 'delta' | 'b' | 'c'> & {
    /** `[L,K,R+2N]`. */
    projected: Float32Array;
    /** `[K,R,D]`. */
    stepWeights: Float32Array;
  };
  /** What the reference makes of it. */
  y: Float32Array;
}

export function projectedCase(partial: Parameters<typeof scanCase>[0] & { rank?: number }): ProjectedCase {
  const { rank = 3, ...rest } = partial;
  const { sizes, arrays } = scanCase({ ...rest, batch: 1 });
  const { length: L, channels: D, directions: K, states: N } = sizes;
  const lowRank = noise(L * K * rank, 77);
  const stepWeights = noise(K * rank * D, 78);
  const delta = new Float32Array(L * K * D);
  const projected = new Float32Array(L * K * (rank + 2 * N));
  for (let row = 0; row < L * K; row++) {
    const dt = lowRank.subarray(row * rank, (row + 1) * rank);
    const parts = [dt, ...[arrays.b, arrays.c].map((values) => values.subarray(row * N, (row + 1) * N))];
    projected.set(
      parts.flatMap((part) => [...part]),
      row * (rank + 2 * N),
    );
    for (let d = 0; d < D; d++) {
      for (let r = 0; r < rank; r++)
        delta[row * D + d]! += dt[r]! * stepWeights[((row % K) * rank + r) * D + d]!;
    }
  }
  const y = scanForward(sizes, { ...arrays, delta });
  return { sizes: { ...sizes, rank }, arrays: { ...arrays, projected, stepWeights }, y };
}
