import { describe, expect, test } from 'vitest';
import { trainedFamily } from '../../../src/core/models/registry.js';
import { ParameterBlock } from '../../../src/core/nn/parameter-block.js';
import { createRandom } from '../../../src/core/nn/random.js';
import { openEngine } from '../../../src/core/runtime/engine.js';
import { Detector } from '../../../src/core/scoring/detector.js';
import { NativeDetector } from '../../../src/core/scoring/native-detector.js';

const features = [
  [32, 32, 4],
  [16, 16, 8],
  [8, 8, 16],
];
const mamba = { dims: [32, 16, 8, 4], depths: [1, 1, 1, 1] };
const changes: Record<string, object> = {
  mambaad: mamba,
  'pyramid-mamba': mamba,
  rd4ad: { channels: null, depths: [1, 1, 1] },
  uniad: { hidden: 16, heads: 2, feedForward: 32, side: 8, encoderLayers: 1, decoderLayers: 1 },
};

describe.each(Object.keys(changes))('%s', (name) => {
  test('written down as a graph, scores an image as it does on the engine', async () => {
    await openEngine('wasm');
    const family = trainedFamily(name);
    const config = { ...(family.presets.small as object), ...changes[name] };
    const block = new ParameterBlock(family.parameters(config, [4, 8, 16]));
    block.initialise(createRandom(11));
    const description = { family: name, config, features, feature_scale: [1, 2, 0.5], map_size: 64 };
    const random = createRandom(2);
    const image = features.map((shape) =>
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
    );
    const engine = new Detector(description, block);
    const here = engine.score(image.map((map) => map.slice()));
    engine.dispose();
    const native = await NativeDetector.open(description, block, { threads: 1 });
    const there = await native.score(image);
    await native.dispose();
    const furthest = Math.max(...here.map.map((value, i) => Math.abs(value - there.map[i]!)));
    expect(furthest).toBeLessThan(1e-4 * Math.max(...here.map));
    expect(there.rawScore).toBeCloseTo(here.rawScore, 4);
    expect(here.rawScore).toBeGreaterThan(0);
  });
});
