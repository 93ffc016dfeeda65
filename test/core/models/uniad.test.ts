import { expect, test } from 'vitest';
import { neighbourMask } from '../../../src/core/models/uniad/attention.js';
import { largestMean, uniad } from '../../../src/core/models/uniad/detector.js';
import { align } from '../../../src/core/models/uniad/reconstruction.js';
import { ParameterBlock } from '../../../src/core/nn/parameter-block.js';
import { createRandom } from '../../../src/core/nn/random.js';
import { TfOps } from '../../../src/core/ops/tf-ops.js';
import { openEngine } from '../../../src/core/runtime/engine.js';
import { tf } from '../../../src/core/runtime/tf.js';
import { adamwStep, shareParameters } from '../../../src/core/training/adamw.js';
import { accumulateGradients } from '../../../src/core/training/gradients.js';

const shapes = [
  [16, 16, 3],
  [8, 8, 5],
];
const channels = [3, 5];
const config = {
  ...uniad.presets.small!,
  hidden: 16,
  heads: 2,
  encoderLayers: 1,
  decoderLayers: 1,
  feedForward: 32,
  side: 8,
  neighbourWindow: 3,
};

test('learns features that follow from their surroundings', async () => {
  await openEngine('wasm');
  const random = createRandom(3);
  const images = 4;
  // One pattern, brighter or darker: what a token may not see itself, the far ones tell.
  const features = shapes.map((shape) => {
    const size = shape.reduce((a, b) => a * b);
    const pattern = Float32Array.from({ length: size }, () => random.normal());
    return Float32Array.from(
      { length: images * size },
      (_, i) => (1 + Math.floor(i / size)) * pattern[i % size]!,
    );
  });
  const block = new ParameterBlock(uniad.parameters(config, channels));
  block.initialise(createRandom(1));
  const moments = {
    first: new Float32Array(block.values.length),
    second: new Float32Array(block.values.length),
  };
  const losses = Array.from({ length: 25 }, (_, i) => {
    const gradients = new Float32Array(block.values.length);
    const batch = { features, shapes, images, seed: i };
    const { loss } = accumulateGradients(uniad, config, block, batch, 1, gradients);
    for (const stretch of shareParameters(block, 1)[0]!) {
      const at = { step: i + 1, rate: 0.01, gradientScale: 1 };
      adamwStep(block.values, gradients, moments, stretch, uniad.training.optimiser, at);
    }
    return loss;
  });
  expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!);
});

test('a token sees none within half the window, itself among them, and all others', () => {
  const side = 5;
  const mask = neighbourMask(side, 3);
  const seenFromMiddle = Array.from({ length: 25 }, (_, to) => (mask[12 * 25 + to] === 0 ? 1 : 0));
  expect(seenFromMiddle).toEqual([
    ...[1, 1, 1, 1, 1],
    ...[1, 0, 0, 0, 1],
    ...[1, 0, 0, 0, 1],
    ...[1, 0, 0, 0, 1],
    ...[1, 1, 1, 1, 1],
  ]);
});

test('finer maps are sampled at the coarsest one’s size, corners on corners', async () => {
  await openEngine('cpu');
  const fine = tf.tensor(
    Array.from({ length: 16 }, (_, i) => i),
    [1, 4, 4, 1],
  );
  const coarse = tf.tensor([10, 20, 30, 40], [1, 2, 2, 1]);
  const aligned = align(new TfOps(), [fine, coarse]);
  expect(aligned.shape).toEqual([1, 2, 2, 2]);
  expect([...aligned.dataSync()]).toEqual([0, 10, 3, 20, 12, 30, 15, 40]);
});

test('the image score is the largest mean over 16×16 pixels', async () => {
  await openEngine('cpu');
  const map = new Float32Array(32 * 32);
  map[0] = 160; // alone in a corner: 160/256
  for (let y = 14; y < 30; y++) map.fill(1, y * 32 + 10, y * 32 + 26); // one whole window of ones
  const scores = largestMean(new TfOps(), tf.tensor(map, [1, 32, 32]));
  expect(scores.shape).toEqual([1]);
  expect(scores.dataSync()[0]).toBeCloseTo(1, 6);
});

test('features of another size are answered with the setting they need', () => {
  expect(() => uniad.accept!(uniad.presets.paper!, [[20, 20, 7]])).toThrow(/--config side=20/);
  expect(() => uniad.accept!(config, shapes)).not.toThrow();
});
