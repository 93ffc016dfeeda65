import { beforeAll, describe, expect, test } from 'vitest';
import { tf } from '../../../../src/core/runtime/tf.js';
import { nmse, noise, useBackend } from '../backend.js';

beforeAll(() => useBackend('wasm'));

const transposes = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

describe.each(transposes)('matMul with transposes %s and %s', (transposeA, transposeB) => {
  test.each([
    [1, 1, 1],
    [2, 3, 1],
    [4, 8, 4],
    [5, 7, 3],
    [3, 16, 257],
    [67, 30, 300],
    [64, 520, 12],
    [130, 9, 513],
  ])('is the sum of products, [%i,%i] from %i terms', (m, n, k) => {
    const [a, b] = [noise(m * k, 1), noise(k * n, 2)];
    const result = tf.tidy(() => {
      const x = tf.tensor(a, transposeA ? [k, m] : [m, k]);
      const y = tf.tensor(b, transposeB ? [n, k] : [k, n]);
      return tf.matMul(x, y, transposeA, transposeB).dataSync();
    });
    const truth = Float64Array.from({ length: m * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let sum = 0;
      for (let s = 0; s < k; s++) {
        sum += a[transposeA ? s * m + i : i * k + s]! * b[transposeB ? j * k + s : s * n + j]!;
      }
      return sum;
    });
    expect(nmse(result, truth)).toBeLessThan(1e-12);
  });
});

test.each([
  [
    [2, 3],
    [2, 3],
  ],
  [[4], [1]],
  [[1], [4]],
  [
    [2, 1],
    [1, 3],
  ],
  [[3], []],
  [[], [3]],
])('stacks %j and %j broadcast against each other', (leadingA, leadingB) => {
  const [m, k, n] = [5, 6, 7];
  const sizes = [...leadingA, 1].reduce((p, s) => p * s) * m * k;
  const a = tf.tensor(noise(sizes, 3), [...leadingA, m, k]);
  const b = tf.tensor(noise([...leadingB, 1].reduce((p, s) => p * s) * k * n, 4), [...leadingB, k, n]);
  const got = tf.matMul(a, b);
  // The same sum written as an element-wise product over an extra axis.
  const want = tf.sum(tf.mul(tf.expandDims(a, -1), tf.expandDims(b, -3)), -2);
  expect(got.shape).toEqual(want.shape);
  expect(nmse(got.dataSync(), want.dataSync())).toBeLessThan(1e-12);
});

test('an empty stack gives an empty result', () => {
  expect(tf.matMul(tf.zeros([0, 3]), tf.zeros([3, 4])).shape).toEqual([0, 4]);
});

test('gradients of a product are the transposed products', () => {
  const x = tf.tensor2d(noise(10 * 6, 5), [10, 6]);
  const w = tf.tensor2d(noise(6 * 9, 6), [6, 9]);
  const dy = tf.tensor2d(noise(10 * 9, 7), [10, 9]);
  const [dx, dw] = tf.grads((a, b) => tf.matMul(a, b))([x, w], dy);
  expect(nmse(dx!.dataSync(), tf.matMul(dy, w.transpose()).dataSync())).toBeLessThan(1e-12);
  expect(nmse(dw!.dataSync(), tf.matMul(x.transpose(), dy).dataSync())).toBeLessThan(1e-12);
});
