import { describe, expect, test } from 'vitest';
import { instanceNorm, instanceNormSilu } from '../../../../src/core/kernels/instance-norm-silu/op.js';
import { tf } from '../../../../src/core/runtime/tf.js';
import { wasmAgainstCpu } from '../agreement.js';
import { nmse, noise, useBackend } from '../backend.js';

const eps = 1e-5;
const shapes = [
  [1, 5, 1, 1],
  [2, 3, 3, 3],
  [1, 7, 5, 8],
  [3, 8, 8, 13],
  [2, 33, 1, 66],
  [1, 64, 64, 4],
];

describe.each([
  ['instanceNorm', instanceNorm],
  ['instanceNormSilu', instanceNormSilu],
] as const)('%s on wasm', (_, operation) => {
  test.each(shapes)('agrees with the composition, forward and backward: [%i,%i,%i,%i]', async (...shape) => {
    const errors = await wasmAgainstCpu((x) => operation(x, eps), [shape]);
    expect(Math.max(...errors)).toBeLessThan(1e-9);
  });

  test('makes a single pixel zero, and its gradient too', async () => {
    await useBackend('wasm');
    const x = tf.tensor4d(noise(10, 1), [2, 1, 1, 5]);
    expect([...operation(x, eps).dataSync()].every((y) => y === 0)).toBe(true);
    expect(
      [
        ...tf
          .grad((input) => operation(input, eps))(x)
          .dataSync(),
      ].every((dx) => dx === 0),
    ).toBe(true);
  });

  test('is exact to float64 where the mean is 1000 times the deviation and one pixel is far off', async () => {
    await useBackend('wasm');
    const [pixels, channels] = [4096, 5];
    const x = noise(pixels * channels, 1).map((value, i) => 1000 + value + (i === 0 ? 300 : 0));
    const y = operation(tf.tensor4d(x, [1, 64, 64, channels]), eps).dataSync();
    expect(nmse(y, float64Norm(x, pixels, channels, operation === instanceNormSilu))).toBeLessThan(1e-7);
  });

  test('leaves no tensor behind', async () => {
    await useBackend('wasm');
    const x = tf.tensor4d(noise(36, 1), [1, 3, 3, 4]);
    const before = tf.memory().numTensors;
    tf.dispose(tf.grad((input) => operation(input, eps))(x));
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('the gradient on wasm agrees with finite differences', async () => {
  await useBackend('wasm');
  const [pixels, channels] = [6, 2];
  const [x, dy] = [noise(pixels * channels, 1), noise(pixels * channels, 2)];
  const loss = (values: Float64Array) =>
    float64Norm(values, pixels, channels, true).reduce((sum, y, i) => sum + y * dy[i]!, 0);
  const wide = Float64Array.from(x);
  const numeric = wide.map(
    (value, i) => (loss(wide.with(i, value + 1e-5)) - loss(wide.with(i, value - 1e-5))) / 2e-5,
  );
  const shape: [number, number, number, number] = [1, 3, 2, channels];
  const slope = tf.grad((input) => instanceNormSilu(input, eps));
  expect(nmse(slope(tf.tensor4d(x, shape), tf.tensor4d(dy, shape)).dataSync(), numeric)).toBeLessThan(1e-9);
});

test('a map that is no batch of images is refused', async () => {
  await useBackend('wasm');
  expect(() => instanceNorm(tf.zeros([2, 3]), eps)).toThrow('x is [2,3], expected [B,H,W,C]');
});

function float64Norm(
  x: ArrayLike<number>,
  pixels: number,
  channels: number,
  withSilu: boolean,
): Float64Array {
  const y = new Float64Array(pixels * channels);
  for (let c = 0; c < channels; c++) {
    const values = Array.from({ length: pixels }, (_, i) => x[i * channels + c]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / pixels;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels;
    values.forEach((value, i) => {
      const normed = (value - mean) / Math.sqrt(variance + eps);
      y[i * channels + c] = withSilu ? normed / (1 + Math.exp(-normed)) : normed;
    });
  }
  return y;
}
