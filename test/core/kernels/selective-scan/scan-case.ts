import type { Tensor } from '@tensorflow/tfjs';
import { selectiveScan } from '../../../../src/core/kernels/selective-scan/op.js';
import type { ScanArrays, ScanSizes } from '../../../../src/core/kernels/selective-scan/reference.js';
import { tf } from '../../../../src/core/runtime/tf.js';
import { noise } from '../backend.js';

export interface ScanCase {
  sizes: ScanSizes;
  arrays: ScanArrays<Float32Array>;
  dy: Float32Array;
}

/** Realistic inputs: steps of 1e-3..1e-1 and a few long ones, states that decay slowly and fast. */
export function scanCase(partial: Partial<ScanSizes> & { seed?: number }): ScanCase {
  const { seed = 1 } = partial;
  const length = partial.length ?? 12;
  const sizes = { batch: 2, length, channels: 6, states: 16, directions: 3, segment: length, ...partial };
  const { batch: B, length: L, channels: D, states: N, directions: K } = sizes;
  const arrays = {
    u: noise(B * L * D, seed),
    delta: noise(B * L * K * D, seed + 1).map((x) => 3 * x),
    b: noise(B * L * K * N, seed + 2),
    c: noise(B * L * K * N, seed + 3),
    a: noise(K * D * N, seed + 4).map((x, i) => -((i % N) + 1) * (1 + 0.3 * x)),
    d: noise(K * D, seed + 5),
    deltaBias: noise(K * D, seed + 6).map((x) => 2 * x - 4),
    order: shuffled(K, L, seed + 7),
  };
  return { sizes, arrays, dy: noise(B * L * D, seed + 8) };
}

/** K random permutations of the pixels. */
function shuffled(K: number, L: number, seed: number): Int32Array {
  const order = new Int32Array(K * L);
  for (let k = 0; k < K; k++) {
    const keys = noise(L, seed + 31 * k);
    order.set(
      Array.from({ length: L }, (_, i) => i).sort((i, j) => keys[i]! - keys[j]!),
      k * L,
    );
  }
  return order;
}

const shapes = (s: ScanSizes) => {
  const { batch: B, length: L, channels: D, states: N, directions: K } = s;
  return {
    u: [B, L, D],
    delta: [B, L, K, D],
    b: [B, L, K, N],
    c: [B, L, K, N],
    a: [K, D, N],
    d: [K, D],
    deltaBias: [K, D],
  };
};

const names = ['u', 'delta', 'b', 'c', 'a', 'd', 'deltaBias'] as const;
type ScanTensors = Record<(typeof names)[number], Tensor>;
const named = (xs: Tensor[]) => Object.fromEntries(names.map((name, i) => [name, xs[i]]));

/** The op's output and its gradients of `sum(y * dy)` on the current backend. */
export function runScan({ sizes, arrays, dy }: ScanCase) {
  const order = {
    indices: arrays.order,
    directions: sizes.directions,
    length: sizes.length,
    segment: sizes.segment,
  };
  const result = tf.tidy(() => {
    const inputs = names.map((name) => tf.tensor(arrays[name], shapes(sizes)[name]));
    const scan = (...xs: Tensor[]) => selectiveScan({ ...(named(xs) as ScanTensors), order });
    const y = scan(...inputs);
    const grads = tf.grads(scan)(inputs, tf.tensor(dy, y.shape));
    return {
      y: y.dataSync(),
      grads: Object.fromEntries(names.map((name, i) => [name, grads[i]!.dataSync()])),
    };
  });
  return result as { y: Float32Array; grads: Record<(typeof names)[number], Float32Array> };
}
