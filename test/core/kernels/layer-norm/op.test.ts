import { expect, test } from 'vitest';
import { layerNorm } from '../../../../src/core/kernels/layer-norm/op.js';
import { tf } from '../../../../src/core/runtime/tf.js';
import { wasmAgainstCpu } from '../agreement.js';
import { nmse, noise, useBackend } from '../backend.js';

const eps = 1e-5;

test.each([
  { leading: [1], channels: 5 },
  { leading: [3], channels: 3 },
  { leading: [2, 5], channels: 8 },
  { leading: [1, 1, 1], channels: 13 },
  { leading: [2, 9, 9], channels: 64 },
  { leading: [70], channels: 99 },
  { leading: [5], channels: 2048 },
])('on wasm output and gradients agree with the composition, %o', async ({ leading, channels }) => {
  const errors = await wasmAgainstCpu(
    (x, weight, bias) => layerNorm(x, weight, bias, eps),
    [[...leading, channels], [channels], [channels]],
  );
  expect(Math.max(...errors)).toBeLessThan(1e-10);
});

test('on wasm a mean 1000 times the deviation leaves the result exact to float64', async () => {
  await useBackend('wasm');
  const [rows, channels] = [6, 100];
  const x = noise(rows * channels, 1).map((value) => 1000 + value);
  const y = layerNorm(tf.tensor2d(x, [rows, channels]), tf.ones([channels]), tf.zeros([channels]), eps);
  const want = Array.from({ length: rows }, (_, i) =>
    standardised(Float64Array.from(x.subarray(i * channels, (i + 1) * channels))),
  ).flatMap((row) => [...row]);
  expect(nmse(y.dataSync(), want)).toBeLessThan(1e-7);
});

test('on wasm the gradient agrees with finite differences', async () => {
  await useBackend('wasm');
  const [x, dy] = [Float64Array.from(noise(11, 1)), noise(11, 2)];
  const loss = (values: Float64Array) => standardised(values).reduce((sum, y, i) => sum + y * dy[i]!, 0);
  const numeric = x.map((value, i) => (loss(x.with(i, value + 1e-5)) - loss(x.with(i, value - 1e-5))) / 2e-5);
  const slope = tf.grad((input) => layerNorm(input, tf.ones([11]), tf.zeros([11]), eps));
  expect(nmse(slope(tf.tensor1d([...x]), tf.tensor1d(dy)).dataSync(), numeric)).toBeLessThan(1e-10);
});

test('a weight that does not fit is named', () => {
  expect(() => layerNorm(tf.zeros([2, 3]), tf.zeros([4]), tf.zeros([3]), eps)).toThrow(
    'weight is [4] and bias [3], expected [3]',
  );
});

function standardised(row: Float64Array): Float64Array {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
  return row.map((value) => (value - mean) / Math.sqrt(variance + eps));
}
