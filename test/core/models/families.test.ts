import { beforeAll, describe, expect, test } from 'vitest';
import { featureInputs, writeDetector } from '../../../src/core/export/onnx/detector-graph.js';
import { graphModelFiles } from '../../../src/core/export/tfjs/graph-model-files.js';
import { openGraphModelFiles } from '../../../src/core/export/tfjs/open-graph-model.js';
import { GraphModelOps } from '../../../src/core/ops/graph-model/graph-model-ops.js';
import { openEngine } from '../../../src/core/runtime/engine.js';
import { tf } from '../../../src/core/runtime/tf.js';
import { Detector, type Scored } from '../../../src/core/scoring/detector.js';
import { NativeDetector } from '../../../src/core/scoring/native-detector.js';
import { networkFamilies, smallDetector, smallFeatures } from './small-families.js';

beforeAll(async () => {
  await openEngine('wasm');
});

function onEngine(name: string): Scored {
  const { description, block } = smallDetector(name);
  const detector = new Detector(description, block);
  const scored = detector.score(smallFeatures());
  detector.dispose();
  return scored;
}

function expectAlike(here: Scored, there: Scored): void {
  const furthest = Math.max(...here.map.map((value, i) => Math.abs(value - there.map[i]!)));
  expect(furthest).toBeLessThan(1e-4 * Math.max(...here.map));
  expect(there.rawScore).toBeCloseTo(here.rawScore, 4);
  expect(here.rawScore).toBeGreaterThan(0);
}

describe.each(networkFamilies)('%s', (name) => {
  test('written down as a graph, scores an image as it does on the engine', async () => {
    const { description, block } = smallDetector(name);
    const native = await NativeDetector.open(description, block, { threads: 1 });
    const there = await native.score(smallFeatures());
    await native.dispose();
    expectAlike(onEngine(name), there);
  });

  test('written down as a TensorFlow.js graph model, too', async () => {
    const { description, block } = smallDetector(name);
    const ops = new GraphModelOps();
    writeDetector(ops, description, block, featureInputs(ops, description));
    const graph = await openGraphModelFiles(graphModelFiles(ops.graph, {}));
    const there = tf.tidy(() => {
      const inputs = smallFeatures().map(
        (map, i) => [`features.${i}`, tf.tensor(map, [1, ...description.features[i]!])] as const,
      );
      const [map, score] = [graph.execute(Object.fromEntries(inputs), ['anomaly_map', 'raw_score'])].flat();
      return { map: map!.dataSync().slice() as Float32Array, rawScore: score!.dataSync()[0]! };
    });
    graph.dispose();
    expectAlike(onEngine(name), there);
  });
});
