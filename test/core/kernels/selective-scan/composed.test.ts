import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerComposedScan } from '../../../../src/core/kernels/selective-scan/composed.js';
import { registerReferenceScan } from '../../../../src/core/kernels/selective-scan/host.js';
import { linearRecurrence } from '../../../../src/core/kernels/selective-scan/linear-recurrence.js';
import {
  type ScanSizes,
  scanBackward,
  scanForward,
} from '../../../../src/core/kernels/selective-scan/reference.js';
import { tf } from '../../../../src/core/runtime/tf.js';
import { nmse, noise, useBackend } from '../backend.js';
import { runScan, scanCase } from './scan-case.js';

// The composed scan is made for CUDA, but only of operations that every backend has.
beforeAll(() => useBackend('cpu'));
afterAll(() => registerReferenceScan('cpu'));

test.each([1, 2, 3, 7, 8, 25, 64])('a recurrence of %i steps follows its definition', (T) => {
  const [B, R] = [2, 3];
  const [a, x, before] = [noise(B * T * R, 1), noise(B * T * R, 2), noise(B * R, 3)];
  const expected = new Float32Array(B * T * R);
  for (let i = 0; i < expected.length; i++) {
    const [b, t, r] = [Math.floor(i / (T * R)), Math.floor(i / R) % T, i % R];
    expected[i] = a[i]! * (t === 0 ? before[b * R + r]! : expected[i - R]!) + x[i]!;
  }
  const h = tf.tidy(() =>
    linearRecurrence(
      tf.tensor(a, [B, T, R]) as Tensor3D,
      tf.tensor(x, [B, T, R]) as Tensor3D,
      tf.tensor(before, [B, R]) as Tensor2D,
    ).dataSync(),
  );
  expect(nmse(h, expected)).toBeLessThan(1e-12);
});

const small = { batch: 2, channels: 3, states: 4, directions: 2 };

test.each<[string, Partial<ScanSizes>, number]>([
  ['one step', { ...small, length: 1 }, 1e6],
  ['one chunk', { ...small, length: 21 }, 1e6],
  ['chunks of eight steps and a rest', { ...small, length: 21 }, 8 * 48],
  ['chunks of one step', { ...small, length: 5 }, 1],
  ['segments that end within chunks', { ...small, length: 24, segment: 6 }, 8 * 48],
  ['sixteen states, eight directions', { length: 16, directions: 8, channels: 2 }, 4 * 512],
])('%s: output and gradients are those of the reference', (_, sizes, largest) => {
  registerComposedScan('cpu', largest);
  const one = scanCase(sizes);
  const { y, grads } = runScan(one);
  expect(nmse(y, scanForward(one.sizes, one.arrays))).toBeLessThan(1e-7);
  const expected = scanBackward(one.sizes, one.arrays, one.dy);
  for (const [name, gradient] of Object.entries(grads)) {
    expect(nmse(gradient, expected[name as keyof typeof expected]), `gradient of ${name}`).toBeLessThan(1e-5);
  }
});

test('nothing but the indices of the order is kept', () => {
  registerComposedScan('cpu', 8 * 48);
  const one = scanCase({ ...small, length: 21 });
  runScan(one);
  const before = tf.memory().numTensors;
  runScan(one);
  // Each run makes an order of its own: the order and three index tensors.
  expect(tf.memory().numTensors - before).toBeLessThanOrEqual(4);
});
