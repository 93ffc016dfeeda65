import { describe, expect, test } from 'vitest';
import { batchNormTraining } from '../../../../src/core/kernels/batch-norm/op.js';
import { tf } from '../../../../src/core/runtime/tf.js';
import { wasmAgainstCpu } from '../agreement.js';
import { backends, nmse, noise, useBackend } from '../backend.js';

describe.each([false, true])('batchNormTraining with relu %s', (relu) => {
  test.each([
    [6, 1, 1, 1],
    [2, 3, 3, 3],
    [4, 8, 8, 13],
    [1, 33, 3, 64],
    [50, 7, 1, 6],
  ])('on wasm agrees with the composition, forward and backward: [%i,%i,%i,%i]', async (...shape) => {
    const channels = shape[3]!;
    const errors = await wasmAgainstCpu(
      (x, weight, bias) => batchNormTraining(x, weight, bias, { eps: 1e-5, relu }),
      [shape, [channels], [channels]],
    );
    expect(Math.max(...errors)).toBeLessThan(1e-9);
  });
});

test.each(backends)('on %s mean and biased variance of the batch are told once', async (backend) => {
  await useBackend(backend);
  const x = noise(60, 1);
  const told: number[][] = [];
  tf.tidy(() =>
    batchNormTraining(tf.tensor4d(x, [2, 3, 5, 2]), tf.ones([2]), tf.zeros([2]), {
      eps: 1e-5,
      onStatistics: (mean, variance) => told.push([...mean.dataSync()], [...variance.dataSync()]),
    }),
  );
  const channels = [0, 1].map((c) => [...x].filter((_, i) => i % 2 === c));
  const means = channels.map((values) => values.reduce((sum, value) => sum + value, 0) / 30);
  const variances = channels.map(
    (values, c) => values.reduce((sum, value) => sum + (value - means[c]!) ** 2, 0) / 30,
  );
  expect(told).toHaveLength(2);
  expect(nmse(told[0]!, means)).toBeLessThan(1e-10);
  expect(nmse(told[1]!, variances)).toBeLessThan(1e-10);
});
