import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { calibratedScore, limitsOf } from '../../../src/core/anomaly/verdict.js';
import { exportOnnx } from '../../../src/core/export/onnx/export-onnx.js';
import { decodeModel } from '../../../src/core/export/onnx/messages.js';
import type { FrozenEncoder } from '../../../src/core/models/encoders/frozen-encoder.js';
import { openOnnxEncoder } from '../../../src/core/models/encoders/onnx-encoder.js';
import type { LoadedModel } from '../../../src/core/models/model-folder.js';
import { openEngine } from '../../../src/core/runtime/engine.js';
import { openSession, type SessionTensor } from '../../../src/core/runtime/onnxruntime.js';
import { Detector } from '../../../src/core/scoring/detector.js';
import { scratchFolder } from '../weights/small-files.js';
import { smallEncoder, untrained } from './small-model.js';

let encoder: FrozenEncoder;
let model: LoadedModel;
const pictures = 2;
const images = new Uint8Array(pictures * 256 * 256 * 3).map((_, i) => (i * i * 31 + i) % 251);

beforeAll(async () => {
  await openEngine('wasm');
  encoder = smallEncoder();
  model = untrained(encoder);
});

async function reference(): Promise<{ maps: Float32Array[]; scores: number[] }> {
  const engine = await openOnnxEncoder(encoder, 1);
  const features = await engine.encode(images, pictures);
  const detector = new Detector(model.manifest, model.block);
  const scored = [0, 1].map((picture) =>
    detector.score(
      features.map((map) =>
        map.slice((picture * map.length) / pictures, ((picture + 1) * map.length) / pictures),
      ),
    ),
  );
  return { maps: scored.map(({ map }) => map), scores: scored.map(({ rawScore }) => rawScore) };
}

async function runFile(path: string, inputs: Record<string, SessionTensor>) {
  const session = await openSession(await readFile(path), { threads: 1 });
  const outputs = await session.run(inputs);
  await session.dispose();
  return outputs;
}

const input = { images: { shape: [pictures, 256, 256, 3], data: images } };

function largestDifference(x: ArrayLike<number>, y: ArrayLike<number>): number {
  return Array.from(x, (v, i) => Math.abs(v - y[i]!)).reduce((max, v) => Math.max(max, v), 0);
}

test('one file takes pictures to the maps and scores of the model folder', async () => {
  const path = join(await scratchFolder(), 'model.onnx');
  const bytes = await exportOnnx(model, path, { encoder });
  const { anomaly_map, raw_score, score } = await runFile(path, input);
  const { maps, scores } = await reference();
  expect(bytes).toBe((await readFile(path)).byteLength);
  maps.forEach((map, i) => {
    expect(largestDifference(map, anomaly_map!.data.subarray(i * 65536, (i + 1) * 65536))).toBeLessThan(1e-5);
    expect(raw_score!.data[i]).toBeCloseTo(scores[i]!, 5);
    expect(score!.data[i]).toBeCloseTo(calibratedScore(scores[i]!, model.manifest.calibration.pooled), 4);
  });
});

test('the file is of standard operators and says how to judge its scores', async () => {
  const path = join(await scratchFolder(), 'model.onnx');
  await exportOnnx(model, path, { encoder });
  const { graph, opsetImport, metadataProps } = decodeModel(await readFile(path));
  expect(opsetImport).toEqual([{ domain: '', version: 17 }]);
  expect(graph.node.filter(({ domain }) => domain)).toEqual([]);
  const metadata = Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
  expect(metadata).toMatchObject({
    model: '0123456789abcdef',
    classes: '["bottle","cable"]',
    input_size: '[256,256]',
  });
  expect(JSON.parse(metadata.calibration!)).toEqual(model.manifest.calibration);
});

test('without the encoder the file takes its maps, and float16 weights halve it at little loss', async () => {
  const folder = await scratchFolder();
  const engine = await openOnnxEncoder(encoder, 1);
  const features = await engine.encode(images, pictures);
  const inputs = Object.fromEntries(
    encoder.outputs.map((shape, i) => [`features.${i}`, { shape: [pictures, ...shape], data: features[i]! }]),
  );
  const full = await exportOnnx(model, join(folder, 'full.onnx'), {});
  const half = await exportOnnx(model, join(folder, 'half.onnx'), { half: true });
  expect(half).toBeLessThan(0.75 * full);
  const exact = await runFile(join(folder, 'full.onnx'), inputs);
  const rounded = await runFile(join(folder, 'half.onnx'), inputs);
  const { maps } = await reference();
  expect(largestDifference(maps[1]!, exact.anomaly_map!.data.subarray(65536))).toBeLessThan(1e-5);
  const loss = largestDifference(exact.anomaly_map!.data, rounded.anomaly_map!.data);
  expect(loss).toBeGreaterThan(0);
  expect(loss).toBeLessThan(2e-3);
});

test('every class is judged by its own limits', async () => {
  const path = join(await scratchFolder(), 'model.onnx');
  await exportOnnx(model, path, { encoder });
  const { raw_score, class_scores } = await runFile(path, input);
  expect(class_scores!.shape).toEqual([pictures, 2]);
  raw_score!.data.forEach((raw, picture) => {
    const wanted = ['bottle', 'cable'].map((name) =>
      calibratedScore(raw, limitsOf(model.manifest.calibration, name)),
    );
    expect(largestDifference(wanted, class_scores!.data.subarray(2 * picture))).toBeLessThan(1e-5);
  });
});
