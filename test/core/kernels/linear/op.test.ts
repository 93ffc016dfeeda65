import { expect, test } from 'vitest';
import { linear } from '../../../../src/core/kernels/linear/op.js';
import { tf } from '../../../../src/core/runtime/tf.js';
import { leftBehind, wasmAgainstCpu } from '../agreement.js';

test.each([
  { leading: [5], inner: 4, outer: 7 },
  { leading: [2, 3, 9], inner: 5, outer: 16 },
  { leading: [1], inner: 1, outer: 1 },
  { leading: [70], inner: 300, outer: 33 },
])('with a bias: output and gradients as composed, %o', async ({ leading, inner, outer }) => {
  const errors = await wasmAgainstCpu(linear, [[...leading, inner], [inner, outer], [outer]]);
  expect(Math.max(...errors)).toBeLessThan(1e-12);
});

test('without a bias: output and gradients as composed', async () => {
  const errors = await wasmAgainstCpu(
    (x, weight) => linear(x, weight),
    [
      [4, 6, 10],
      [10, 9],
    ],
  );
  expect(Math.max(...errors)).toBeLessThan(1e-12);
});

test('shapes that do not fit are named', () => {
  expect(() => linear(tf.zeros([2, 3]), tf.zeros([4, 5]))).toThrow(
    'x is [2,3], weight [4,5] and bias absent',
  );
});

test('leaves nothing behind outside a tidy', async () => {
  expect(await leftBehind(linear, [[5, 4], [4, 7], [7]])).toBe(0);
});
