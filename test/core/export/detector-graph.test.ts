import { beforeAll, expect, test } from 'vitest';
import { featureInputs, writeDetector } from '../../../src/core/export/onnx/detector-graph.js';
import { encodeModel } from '../../../src/core/export/onnx/messages.js';
import { type MambaConfig, paperConfig } from '../../../src/core/models/mambaad/config.js';
import { familyNamed } from '../../../src/core/models/registry.js';
import { ParameterBlock } from '../../../src/core/nn/parameter-block.js';
import { createRandom } from '../../../src/core/nn/random.js';
import { OnnxOps } from '../../../src/core/ops/onnx/onnx-ops.js';
import { openEngine } from '../../../src/core/runtime/engine.js';
import { openSession, type SessionTensor } from '../../../src/core/runtime/onnxruntime.js';
import { Detector } from '../../../src/core/scoring/detector.js';
import { NativeDetector } from '../../../src/core/scoring/native-detector.js';
import { gaussian } from '../ops/onnx-runner.js';

const tiny: MambaConfig = { ...paperConfig, dims: [64, 32, 16, 8], depths: [1, 2, 1, 3] };
const configs: [string, MambaConfig][] = [
  ['MambaAD', tiny],
  [
    'Pyramid-Mamba',
    { ...tiny, pyramid: { levels: 3, minSide: 16, cascade: true, noise: 0.05, noiseLevels: 1 } },
  ],
];

const features = [
  [32, 32, 8],
  [16, 16, 16],
  [8, 8, 32],
];

function detector(config: MambaConfig) {
  const description = { family: 'mambaad', config, features, feature_scale: [2, 1, 0.5], map_size: 64 };
  const block = new ParameterBlock(familyNamed('mambaad').parameters(config, [8, 16, 32]));
  block.initialise(createRandom(3));
  return { description, block };
}

function pictures(batch: number): Record<string, SessionTensor> {
  return Object.fromEntries(
    features.map((shape, i) => [`features.${i}`, gaussian([batch, ...shape], 20 + i)]),
  );
}

function largestDifference(x: ArrayLike<number>, y: ArrayLike<number>): number {
  return Array.from(x, (v, i) => Math.abs(v - y[i]!)).reduce((max, v) => Math.max(max, v), 0);
}

beforeAll(async () => {
  await openEngine('wasm');
});

test.each(configs)('%s as one ONNX file scores as the engine it was trained on', async (_, config) => {
  const { description, block } = detector(config);
  const ops = new OnnxOps();
  writeDetector(ops, description, block, featureInputs(ops, description));
  const model = ops.graph.model('detector');
  const session = await openSession(encodeModel(model), { threads: 1 });
  const inputs = pictures(2);
  const outputs = await session.run(inputs);
  const eager = new Detector(description, block);
  for (const picture of [0, 1]) {
    const { map, rawScore } = eager.score(
      features.map((shape, i) => {
        const size = shape.reduce((a, b) => a * b);
        return (inputs[`features.${i}`]!.data as Float32Array).slice(picture * size, (picture + 1) * size);
      }),
    );
    expect(largestDifference(map, outputs.anomaly_map!.data.subarray(picture * 64 * 64))).toBeLessThan(1e-5);
    expect(rawScore).toBeCloseTo(outputs.raw_score!.data[picture]!, 5);
  }
  expect(new Set(model.graph.node.map(({ domain }) => domain ?? ''))).toEqual(new Set(['']));
});

test.each(configs)(
  '%s cut at its scans scores as the engine it was trained on, several images at a time',
  async (_, config) => {
    const { description, block } = detector(config);
    const eager = new Detector(description, block);
    const images = [1, 2, 3, 4, 5, 6].map((seed) =>
      features.map((shape, i) => gaussian(shape, seed * 100 + i).data),
    );
    const truth = images.map((maps) => eager.score(maps));
    for (const threads of [1, 3]) {
      const native = await NativeDetector.open(description, block, { threads });
      const scored = await Promise.all(images.map((maps) => native.score(maps)));
      scored.forEach(({ map, rawScore }, i) => {
        expect(largestDifference(truth[i]!.map, map)).toBeLessThan(1e-5);
        expect(rawScore).toBeCloseTo(truth[i]!.rawScore, 5);
      });
      await native.dispose();
    }
  },
);
