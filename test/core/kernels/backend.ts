import { createRequire } from 'node:module';
import { registerKernels } from '../../../src/core/kernels/index.js';
import { tf } from '../../../src/core/runtime/tf.js';

createRequire(import.meta.url)('@tensorflow/tfjs-backend-wasm');

/** The engines whose kernels these tests run on. */
export const backends = ['cpu', 'wasm'] as const;

/** Makes a backend current, with this package's kernels registered. */
export async function useBackend(name: (typeof backends)[number]): Promise<void> {
  await tf.setBackend(name);
  await tf.ready();
  registerKernels(name);
}

/** Normalised mean squared error of `got` against `want`. */
export function nmse(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) throw new Error(`lengths differ: ${got.length} and ${want.length}`);
  let error = 0;
  let power = 0;
  for (let i = 0; i < want.length; i++) {
    error += (got[i]! - want[i]!) ** 2;
    power += want[i]! ** 2;
  }
  return power === 0 ? error : error / power;
}

/** Repeatable numbers in (-1, 1) from a hash of their index: no generator state, the same on every machine. */
export function noise(size: number, seed: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => {
    let x = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca77);
    x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
    x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
    return ((x ^ (x >>> 15)) >>> 8) / 2 ** 23 - 1;
  });
}
