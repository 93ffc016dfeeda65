import { expect, test } from 'vitest';
import { angleOfMaps, rd4ad } from '../../../src/core/models/rd4ad/detector.js';
import { ParameterBlock } from '../../../src/core/nn/parameter-block.js';
import { createRandom } from '../../../src/core/nn/random.js';
import { TfOps } from '../../../src/core/ops/tf-ops.js';
import { openEngine } from '../../../src/core/runtime/engine.js';
import { tf } from '../../../src/core/runtime/tf.js';
import { adamwStep, shareParameters } from '../../../src/core/training/adamw.js';
import { accumulateGradients } from '../../../src/core/training/gradients.js';

const shapes = [
  [16, 16, 4],
  [8, 8, 6],
  [4, 4, 10],
];
const channels = shapes.map((shape) => shape[2]!);
const config = { channels: null, bottleneck: 2, depths: [1, 2, 1] };

test('learns the features of a few images, whatever the widths of the teacher', async () => {
  await openEngine('wasm');
  const random = createRandom(3);
  const images = 4;
  const features = shapes.map((shape) =>
    Float32Array.from({ length: images * shape.reduce((a, b) => a * b) }, () => Math.abs(random.normal())),
  );
  const block = new ParameterBlock(rd4ad.parameters(config, channels));
  block.initialise(createRandom(1));
  const moments = {
    first: new Float32Array(block.values.length),
    second: new Float32Array(block.values.length),
  };
  const losses = Array.from({ length: 12 }, (_, i) => {
    const gradients = new Float32Array(block.values.length);
    const batch = { features, shapes, images, seed: i };
    const { loss } = accumulateGradients(rd4ad, config, block, batch, 1, gradients);
    for (const stretch of shareParameters(block, 1)[0]!) {
      const at = { step: i + 1, rate: 0.005, gradientScale: 1 };
      adamwStep(block.values, gradients, moments, stretch, rd4ad.training.optimiser, at);
    }
    return loss;
  });
  expect(losses[0]).toBeGreaterThan(1);
  expect(losses.at(-1)).toBeLessThan(0.75 * losses[0]!);
});

test('the loss is one minus the cosine of each image’s whole map, averaged over images, summed over scales', async () => {
  await openEngine('cpu');
  const map = (values: number[]) => tf.tensor(values, [2, 1, 2, 1]);
  const targets = [map([1, 0, 3, 4]), map([1, 1, 1, 1])];
  const outputs = [map([0, 2, 6, 8]), map([2, 2, -1, -1])];
  // First scale: a right angle and none; second: none and the opposite direction.
  const expected = (1 + 0) / 2 + (0 + 2) / 2;
  expect(angleOfMaps(new TfOps(), { targets, outputs }).dataSync()[0]).toBeCloseTo(expected, 6);
});

test('maps that are not three halvings are refused with what is wanted', () => {
  expect(() =>
    rd4ad.accept!(config, [
      [16, 16, 4],
      [8, 8, 4],
    ]),
  ).toThrow(/three maps, .* not \[16,16,4\] \[8,8,4\]/);
  expect(() => rd4ad.accept!(config, shapes)).not.toThrow();
});
