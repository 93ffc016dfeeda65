import { beforeAll, expect, test } from 'vitest';
import { decodeRgb, readImageFile } from '../../../src/core/data/decode.js';
import { resizeBilinear } from '../../../src/core/data/resize.js';
import type { ExportedRunner } from '../../../src/core/export/exported-runner.js';
import { exportParity, rankCorrelation } from '../../../src/core/export/parity.js';
import type { Encoder } from '../../../src/core/models/encoders/encoder.js';
import { openOnnxEncoder } from '../../../src/core/models/encoders/onnx-encoder.js';
import type { LoadedModel } from '../../../src/core/models/model-folder.js';
import type { ImageRecord } from '../../../src/core/records/schemas.js';
import { openEngine } from '../../../src/core/runtime/engine.js';
import { Detector, type Scored } from '../../../src/core/scoring/detector.js';
import { renderedGears } from '../../rendered-parts.js';
import { smallEncoder, untrained } from './small-model.js';

let encoder: Encoder;
let model: LoadedModel;
let detector: Detector;

const { good, bad } = await renderedGears();
const images: ImageRecord[] = (
  [
    [good, 'normal'],
    [bad, 'anomaly'],
  ] as const
).map(([path, label]) => ({ v: 1, type: 'image', path, class: 'bottle', label }));

async function encodedGood(): Promise<Float32Array[]> {
  const { data } = resizeBilinear(await decodeRgb(await readImageFile(good), { path: good }), 256, 256);
  return encoder.encode(data, 1);
}

beforeAll(async () => {
  await openEngine('wasm');
  const frozen = smallEncoder();
  encoder = await openOnnxEncoder(frozen, 1);
  model = untrained(frozen);
  detector = new Detector(model.manifest, model.block);
});

/** The model itself, with what an export could get wrong. */
function runner(change: (scored: Scored) => Scored): ExportedRunner {
  return { run: async ({ features }) => change(detector.score(features)), dispose: async () => {} };
}

test('an export that is the model agrees, and the record says on what', async () => {
  const parity = await exportParity(
    runner((scored) => scored),
    model,
    encoder,
    images,
  );
  expect(parity).toEqual({
    images: 2,
    classes: 1,
    anomalies: 1,
    map_max_abs: 0,
    score_max_abs: 0,
    rank_correlation: 1,
    verdicts_equal: true,
    ok: true,
  });
});

test('a map, a score or a verdict that differs fails the export', async () => {
  const shifted = (map: number, score: number) =>
    exportParity(
      runner((scored) => ({ map: scored.map.map((v) => v + map), rawScore: scored.rawScore + score })),
      model,
      encoder,
      images,
    );
  expect(await shifted(2e-4, 0)).toMatchObject({ verdicts_equal: true, ok: false });
  expect(await shifted(0, 2e-5)).toMatchObject({ ok: false });
  const { threshold } = model.manifest.calibration.classes[0]!.limits;
  const crossed = await exportParity(
    runner((scored) => ({ ...scored, rawScore: scored.rawScore > threshold ? 0 : 2 * threshold })),
    model,
    encoder,
    images,
    { bounds: { map: 1, score: 10 } },
  );
  expect(crossed).toMatchObject({ verdicts_equal: false, ok: false });
});

test('an image that set the limit may land on either side of it by rounding', async () => {
  const { rawScore } = detector.score(await encodedGood());
  const { classes } = model.manifest.calibration;
  const onLimit = classes.map((entry) => ({ ...entry, limits: { ...entry.limits, threshold: rawScore } }));
  const calibration = { ...model.manifest.calibration, classes: onLimit };
  const limited = { ...model, manifest: { ...model.manifest, calibration } };
  const shifted = (by: number) =>
    exportParity(
      runner((scored) => ({ ...scored, rawScore: scored.rawScore + by })),
      limited,
      encoder,
      images.slice(0, 1),
    );
  expect(await shifted(6e-8)).toMatchObject({ verdicts_equal: true, ok: true });
  // Another score than the limit's own is judged as ever, however near it is.
  onLimit[0]!.limits.threshold = rawScore * (1 + 5e-6);
  expect(await shifted(9e-6)).toMatchObject({ verdicts_equal: false, ok: false });
});

test('rank correlation falls with every swap', () => {
  expect(rankCorrelation([1, 2, 3, 4], [10, 20, 30, 40])).toBe(1);
  expect(rankCorrelation([1, 2, 3, 4], [2, 1, 3, 4])).toBeCloseTo(0.8, 10);
  expect(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1])).toBe(-1);
});
