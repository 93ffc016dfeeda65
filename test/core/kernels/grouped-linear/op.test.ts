import { expect, test } from 'vitest';
import { groupedLinear } from '../../../../src/core/kernels/grouped-linear/op.js';
import { tf } from '../../../../src/core/runtime/tf.js';
import { leftBehind, wasmAgainstCpu } from '../agreement.js';

test.each([
  { leading: [5], groups: 3, inner: 4, outer: 7 },
  { leading: [2, 9], groups: 8, inner: 5, outer: 16 },
  { leading: [1, 33], groups: 1, inner: 1, outer: 1 },
  { leading: [70], groups: 4, inner: 20, outer: 3 },
])('every group has its own matrix: output and gradients as composed, %o', async (sizes) => {
  const { leading, groups, inner, outer } = sizes;
  const errors = await wasmAgainstCpu(groupedLinear, [
    [...leading, groups, inner],
    [groups, inner, outer],
  ]);
  expect(Math.max(...errors)).toBeLessThan(1e-12);
});

test('shapes that do not fit are named', () => {
  expect(() => groupedLinear(tf.zeros([2, 3, 4]), tf.zeros([2, 4, 5]))).toThrow(
    'x is [2,3,4] and weight [2,4,5]',
  );
});

test('leaves nothing behind outside a tidy', async () => {
  expect(
    await leftBehind(groupedLinear, [
      [5, 3, 4],
      [3, 4, 7],
    ]),
  ).toBe(0);
});
