import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { calibratedScore } from '../../../src/core/anomaly/verdict.js';
import { openTfjsRunner } from '../../../src/core/export/exported-runner.js';
import { exportTfjs } from '../../../src/core/export/tfjs/export-tfjs.js';
import { openGraphModel } from '../../../src/core/export/tfjs/open-graph-model.js';
import type { FrozenEncoder } from '../../../src/core/models/encoders/frozen-encoder.js';
import { openOnnxEncoder } from '../../../src/core/models/encoders/onnx-encoder.js';
import type { LoadedModel } from '../../../src/core/models/model-folder.js';
import { openEngine } from '../../../src/core/runtime/engine.js';
import { tf } from '../../../src/core/runtime/tf.js';
import { Detector, type Scored } from '../../../src/core/scoring/detector.js';
import { run } from '../../process.js';
import { renderedParts } from '../../rendered-parts.js';
import { scratchFolder } from '../weights/small-files.js';
import { publishSmallModel } from './published-model.js';
import { smallEncoder, untrained } from './small-model.js';

let encoder: FrozenEncoder;
let model: LoadedModel;
let features: Float32Array[];
let truth: Scored;
const pixels = new Uint8Array(256 * 256 * 3).map((_, i) => (i * i * 31 + i) % 251);

beforeAll(async () => {
  await openEngine('wasm');
  encoder = smallEncoder();
  model = untrained(encoder);
  features = await (await openOnnxEncoder(encoder, 1)).encode(pixels, 1);
  truth = new Detector(model.manifest, model.block).score(features);
});

function largestDifference(x: Float32Array, y: Float32Array): number {
  return x.reduce((max, v, i) => Math.max(max, Math.abs(v - y[i]!)), 0);
}

async function runPlain(folder: string): Promise<Scored> {
  const runner = await openTfjsRunner(folder, model.manifest);
  const scored = await runner.run({ pixels, features });
  await runner.dispose();
  return scored;
}

test('TensorFlow.js as it comes from npm takes pictures to the maps and scores of the model folder', async () => {
  const folder = join(await scratchFolder(), 'web');
  const bytes = await exportTfjs(model, folder, { encoder });
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
  expect((await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)).toBe(bytes);
  const { map, rawScore } = await runPlain(folder);
  expect(largestDifference(map, truth.map)).toBeLessThan(1e-5);
  expect(rawScore).toBeCloseTo(truth.rawScore, 5);
});

test('one graph takes any number of pictures, and gives calibrated scores', async () => {
  const folder = join(await scratchFolder(), 'web');
  await exportTfjs(model, folder, {});
  const graph = await openGraphModel(folder);
  const inputs = features.map((map, i) => {
    const shape = model.manifest.features[i]!;
    const one = tf.tensor(map, [1, ...shape]);
    return [`features.${i}`, tf.concat([tf.mul(one, 0.5), one], 0)] as const;
  });
  const [raw, score] = graph.execute(Object.fromEntries(inputs), ['raw_score', 'score']) as Tensor[];
  expect(raw!.dataSync()[1]).toBeCloseTo(truth.rawScore, 5);
  const wanted = calibratedScore(truth.rawScore, model.manifest.calibration.pooled);
  expect(score!.dataSync()[1]).toBeCloseTo(wanted, 4);
});

test('float16 weights halve it at little loss, and the description travels along', async () => {
  const folder = join(await scratchFolder(), 'web');
  const full = await exportTfjs(model, folder, {});
  const half = await exportTfjs(model, folder, { half: true });
  expect(half).toBeLessThan(0.8 * full);
  const loss = largestDifference((await runPlain(folder)).map, truth.map);
  expect(loss).toBeGreaterThan(0);
  expect(loss).toBeLessThan(2e-3);
  const { userDefinedMetadata } = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as {
    userDefinedMetadata: Record<string, string>;
  };
  expect(userDefinedMetadata).toMatchObject({ model: model.manifest.model, classes: '["bottle","cable"]' });
});

test('a folder that is no such export is not replaced', async () => {
  const folder = join(await scratchFolder(), 'models');
  await mkdir(folder);
  await writeFile(join(folder, 'model.json'), '{}');
  await expect(exportTfjs(model, folder, {})).rejects.toThrow(/models/);
  expect(await readdir(folder)).toEqual(['model.json']);
});

test('the command proves it on images of all classes, good and bad', async () => {
  const folder = await scratchFolder();
  const { model: path, home } = await publishSmallModel(folder);
  const args = ['--model', path, '--format', 'tfjs', '--out', join(folder, 'web')];
  const check = ['--check', await renderedParts(), '--check-images', '4'];
  const { exitCode, lines, stderr } = await run(['export', '-q', ...args, ...check], {
    env: { MAMBAAD_HOME: home },
  });
  expect(exitCode, stderr).toBe(0);
  const { parity } = JSON.parse(lines[0]!) as { parity: object };
  expect(parity).toMatchObject({ images: 4, classes: 2, anomalies: 2, verdicts_equal: true, ok: true });
  const refused = await run(['export', '--model', path, '--out', join(folder, 'x'), '--half'], {});
  expect(refused.exitCode).toBe(2);
});
