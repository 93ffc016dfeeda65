import { expect, test } from 'vitest';
import { pyramidMamba } from '../../../src/core/models/pyramid-mamba/detector.js';
import { NamedWeights } from '../../../src/core/nn/named-weights.js';
import { ParameterBlock } from '../../../src/core/nn/parameter-block.js';
import { createRandom } from '../../../src/core/nn/random.js';
import { CountOps } from '../../../src/core/ops/count-ops.js';
import { TfOps } from '../../../src/core/ops/tf-ops.js';
import { openEngine } from '../../../src/core/runtime/engine.js';
import { tf } from '../../../src/core/runtime/tf.js';
import { accumulateGradients, uploadParameters } from '../../../src/core/training/gradients.js';

const paper = pyramidMamba.presets.paper!;
// The paper's maps at half size: the third level begins above 16 instead of 32.
const tiny = {
  ...paper,
  dims: [16, 8, 4, 4],
  depths: [1, 1, 1, 1],
  dropPath: 0,
  pyramid: { ...paper.pyramid, minSide: 16 },
};
const shapes = [
  [32, 32, 4],
  [16, 16, 4],
  [8, 8, 8],
];
const channels = shapes.map((shape) => shape[2]!);

function features(images: number) {
  const random = createRandom(5);
  return shapes.map((shape) => {
    const size = images * shape.reduce((a, b) => a * b);
    return Float32Array.from({ length: size }, () => random.normal());
  });
}

function block(config = tiny) {
  const fresh = new ParameterBlock(pyramidMamba.parameters(config, channels));
  fresh.initialise(createRandom(1));
  // Fresh projections are so small that the scan hardly shows in the output.
  for (const slot of fresh.slots.filter(({ spec }) => /(in|out)_proj/.test(spec.name))) {
    fresh.view(slot).forEach((value, i, values) => {
      values[i] = 25 * value;
    });
  }
  return fresh;
}

/** The student's finest map under a pyramid. */
function finest(
  pyramid: Partial<(typeof tiny)['pyramid']>,
  changes: Partial<typeof tiny> = {},
): Float32Array {
  return tf.tidy(() => {
    const config = { ...tiny, ...changes, pyramid: { ...tiny.pyramid, ...pyramid } };
    const w = new NamedWeights(uploadParameters(block(config)));
    const inputs = features(1).map((values, i) => tf.tensor(values, [1, ...shapes[i]!]));
    return pyramidMamba
      .reconstruct(new TfOps(), w, inputs, config)
      .outputs[0]!.dataSync()
      .slice() as Float32Array;
  });
}

const checksum = (map: Float32Array) => map.reduce((sum, value) => sum + Math.abs(value), 0).toPrecision(4);

test('one, two and three levels and the cascade of the third compute different things', async () => {
  await openEngine('wasm');
  const variants = [{ levels: 1 }, { levels: 2 }, { levels: 3 }, { levels: 3, cascade: false }].map(
    (variant) => finest(variant),
  );
  expect(new Set(variants.map(checksum)).size).toBe(4);
  // On a map that is at most minSide wide, the third level does not run.
  expect(finest({ levels: 3, minSide: 32 })).toEqual(variants[1]);
});

test('the directions and the curve of its config are the ones that every level walks', async () => {
  await openEngine('wasm');
  const sums = [{}, { directions: 2 }, { scan: 'hilbert' }].map((changes) => checksum(finest({}, changes)));
  expect(new Set(sums).size).toBe(3);
});

test('noise on the bottleneck map changes training, by the seed, and never an evaluation', async () => {
  await openEngine('wasm');
  const loss = (noise: number, seed: number) => {
    const config = { ...tiny, pyramid: { ...tiny.pyramid, noise } };
    const parameters = block();
    const batch = { features: features(2), shapes, images: 2, seed };
    const gradients = new Float32Array(parameters.values.length);
    return accumulateGradients(pyramidMamba, config, parameters, batch, 1, gradients).loss;
  };
  expect(loss(0.5, 1)).not.toBe(loss(0.5, 2));
  expect(loss(0.5, 1)).toBe(loss(0.5, 1));
  expect(loss(0, 1)).toBe(loss(0, 2));
  expect(finest({ noise: 0.5 })).toEqual(finest({ noise: 0 }));
});

test('noise comes in levels, each 1.1 times the one before, drawn for every image', async () => {
  const levels = (pyramid: Partial<(typeof tiny)['pyramid']>) => {
    let asked: readonly number[] = [];
    const ops = new CountOps();
    ops.addNoise = (x: readonly number[], stds?: readonly number[]) => {
      asked = stds!;
      return x;
    };
    const specs = block().slots.map(({ spec, shape }) => [spec.name, shape] as const);
    const maps = shapes.map((shape) => [1, ...shape]);
    const config = { ...tiny, pyramid: { ...tiny.pyramid, ...pyramid } };
    pyramidMamba.reconstruct<readonly number[]>(ops, new NamedWeights(new Map(specs)), maps, config);
    return asked;
  };
  expect(levels({})).toEqual([0.05]);
  expect(levels({ noise: 0.1, noiseLevels: 3 }).map((std) => std.toFixed(3))).toEqual([
    '0.100',
    '0.110',
    '0.121',
  ]);

  await openEngine('wasm');
  const noise = tf.tidy(() => {
    const ops = new TfOps({ random: createRandom(1), onBatchStatistics() {} });
    return ops.addNoise(tf.zeros([200, 20, 20]), [1, 2]).arraySync() as number[][][];
  });
  const spread = noise.map((image) => Math.sqrt(image.flat().reduce((sum, v) => sum + v * v, 0) / 400));
  const low = spread.filter((std) => Math.abs(std - 1) < 0.15).length;
  expect(spread.filter((std) => Math.abs(std - 2) < 0.3).length).toBe(200 - low);
  // Both levels with equal chance: five standard deviations of 200 throws of a coin.
  expect(Math.abs(low - 100)).toBeLessThan(35);
});
