import { describe, expect, test } from 'vitest';
import { silu, siluGate } from '../../../../src/core/kernels/silu/op.js';
import { tf } from '../../../../src/core/runtime/tf.js';
import { wasmAgainstCpu } from '../agreement.js';
import { nmse, noise, useBackend } from '../backend.js';

describe.each([[1], [3], [4], [7], [2, 5, 3], [64, 33]])('of %o numbers', (...shape) => {
  test.each([1, 30])('silu and its gradient agree with their composition, |x| up to %i', async (scale) => {
    expect(Math.max(...(await wasmAgainstCpu(silu, [shape], scale)))).toBeLessThan(1e-9);
  });

  test('the gate and both its gradients agree with their composition', async () => {
    expect(Math.max(...(await wasmAgainstCpu(siluGate, [shape, shape], 8)))).toBeLessThan(1e-9);
  });
});

test('silu on wasm stays finite and exact far from zero', async () => {
  await useBackend('wasm');
  const [low, zero, high] = silu(tf.tensor1d([-1e4, 0, 1e4])).dataSync();
  expect(low).toBeCloseTo(0, 30);
  expect(zero).toBe(0);
  expect(high).toBe(1e4);
});

test('the gradient of silu on wasm agrees with finite differences of its float64 formula', async () => {
  await useBackend('wasm');
  const x = noise(40, 3).map((value) => 6 * value);
  const exact = (value: number) => value / (1 + Math.exp(-value));
  const numeric = Array.from(x, (value) => (exact(value + 1e-5) - exact(value - 1e-5)) / 2e-5);
  const slope = tf
    .grad((input) => silu(input))(tf.tensor1d(x))
    .dataSync();
  expect(nmse(slope, numeric)).toBeLessThan(1e-9);
});

test('a gate of another shape is refused with both shapes', () => {
  expect(() => siluGate(tf.zeros([2, 3]), tf.zeros([3]))).toThrow('x is [2,3] and its gate [3]');
});
