import { readFile } from 'node:fs/promises';
import { limitsOf, verdictOf } from '../anomaly/verdict.js';
import { decodeRgb, readImageFile } from '../data/decode.js';
import { pathToOpen } from '../data/paths.js';
import { resizeBilinear } from '../data/resize.js';
import type { Encoder } from '../models/encoders/encoder.js';
import type { LoadedModel } from '../models/model-folder.js';
import type { ExportRecord, ImageRecord } from '../records/schemas.js';
import { openSession } from '../runtime/onnxruntime.js';
import { Detector } from '../scoring/detector.js';
import { detectorNames } from './onnx/detector-graph.js';

/** How far an export may be from the model it came from. */
export const parityBounds = { map: 1e-4, score: 1e-5 };

export type Parity = NonNullable<ExportRecord['parity']>;

interface Compared {
  ours: number;
  theirs: number;
  sameVerdict: boolean;
  mapError: number;
}

/**
 * Runs an exported one-file ONNX model (RGB bytes in) and the model itself, on the current engine, on real images.
 *
 * @param limit images to compare at most
 * @throws UnavailableError without onnxruntime-node; DataError, InputMissingError for images that cannot be read
 */
export async function onnxParity(
  path: string,
  model: LoadedModel,
  encoder: Encoder,
  images: AsyncIterable<ImageRecord>,
  limit: number,
): Promise<Parity> {
  const session = await openSession(await readFile(path));
  const detector = new Detector(model.manifest, model.block);
  const compared: Compared[] = [];
  for await (const image of images) {
    if (compared.length >= limit) break;
    const pixels = await encoderInput(image, encoder.inputSize);
    const { map, rawScore } = detector.score(await encoder.encode(pixels, 1));
    const [width, height] = encoder.inputSize;
    const outputs = await session.run({
      [detectorNames.images]: { shape: [1, height, width, 3], data: pixels },
    });
    const theirs = outputs[detectorNames.rawScore]!.data[0] as number;
    const limits = limitsOf(model.manifest.calibration, image.class);
    compared.push({
      ours: rawScore,
      theirs,
      sameVerdict: verdictOf(rawScore, limits) === verdictOf(theirs, limits),
      mapError: largestDifference(map, outputs[detectorNames.map]!.data as Float32Array),
    });
  }
  detector.dispose();
  return summary(compared);
}

async function encoderInput(
  image: ImageRecord,
  [width, height]: readonly [number, number],
): Promise<Uint8Array> {
  const decoded = await decodeRgb(await readImageFile(pathToOpen(image)), { path: image.path });
  return resizeBilinear(decoded, width, height).data;
}

function summary(compared: readonly Compared[]): Parity {
  const mapError = Math.max(0, ...compared.map((pair) => pair.mapError));
  const scoreError = Math.max(0, ...compared.map(({ ours, theirs }) => Math.abs(ours - theirs)));
  const verdictsEqual = compared.every((pair) => pair.sameVerdict);
  return {
    images: compared.length,
    map_max_abs: mapError,
    score_max_abs: scoreError,
    rank_correlation: rankCorrelation(
      compared.map(({ ours }) => ours),
      compared.map(({ theirs }) => theirs),
    ),
    verdicts_equal: verdictsEqual,
    ok: mapError <= parityBounds.map && scoreError <= parityBounds.score && verdictsEqual,
  };
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** Spearman's rank correlation; 1 for fewer than two images. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const n = a.length;
  if (n < 2) return 1;
  const [ra, rb] = [ranks(a), ranks(b)];
  const squares = ra.reduce((sum, rank, i) => sum + (rank - rb[i]!) ** 2, 0);
  return 1 - (6 * squares) / (n * (n * n - 1));
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]!);
  const result = new Array<number>(values.length);
  order.forEach((index, rank) => {
    result[index] = rank;
  });
  return result;
}
