import { type AppliedLimits, limitsOf, verdictOf } from '../anomaly/verdict.js';
import { decodeRgb, readImageFile } from '../data/decode.js';
import type { IntensityWindow } from '../data/intensity-window.js';
import { pathToOpen } from '../data/paths.js';
import { resizeBilinear } from '../data/resize.js';
import type { Encoder } from '../models/encoders/encoder.js';
import type { LoadedModel } from '../models/model-folder.js';
import type { ExportRecord, ImageRecord } from '../records/schemas.js';
import { Detector } from '../scoring/detector.js';
import { trainedOnEightBits } from '../scoring/window-check.js';
import type { ExportedRunner } from './exported-runner.js';

/** How far an export may be from the model it came from. */
export const parityBounds = { map: 1e-4, score: 1e-5 };

/** The same for float16 weights, whose rounding shows: what matters then is that no verdict changes. */
export const halfParityBounds = { map: 1e-3, score: 1e-3 };

/** Scores of one model on two engines differ by no more than this, relatively, and mostly by a tenth of it. */
const onLimit = 1e-6;

export type Parity = NonNullable<ExportRecord['parity']>;

export interface ParityOptions {
  bounds?: typeof parityBounds;
  /** Called after every image. */
  onImage?: () => void;
}

interface Compared {
  image: ImageRecord;
  ours: number;
  theirs: number;
  sameVerdict: boolean;
  mapError: number;
}

/**
 * Runs an export and the model itself, on the current engine, on real images.
 *
 * @throws DataError, InputMissingError for images that cannot be read; what the runner throws
 */
export async function exportParity(
  runner: ExportedRunner,
  model: LoadedModel,
  encoder: Encoder,
  images: readonly ImageRecord[],
  { bounds = parityBounds, onImage }: ParityOptions = {},
): Promise<Parity> {
  const detector = new Detector(model.manifest, model.block);
  const compared: Compared[] = [];
  for (const image of images) {
    const pixels = await encoderInput(image, encoder.inputSize, model.manifest.window);
    const features = await encoder.encode(pixels, 1);
    const { map, rawScore } = detector.score(features);
    const theirs = await runner.run({ pixels, features });
    const limits = limitsOf(model.manifest.calibration, image.class);
    compared.push({
      image,
      ours: rawScore,
      theirs: theirs.rawScore,
      sameVerdict: agree(rawScore, theirs.rawScore, limits),
      mapError: largestDifference(map, theirs.map),
    });
    onImage?.();
  }
  detector.dispose();
  return summary(compared, bounds);
}

/**
 * Whether both scores have the same verdict. A calibration image may have set a limit: its score is that limit, and on
 * which side of it an export lands is rounding.
 */
function agree(ours: number, theirs: number, limits: AppliedLimits): boolean {
  if (verdictOf(ours, limits) === verdictOf(theirs, limits)) return true;
  return [limits.threshold, limits.review].some(
    (limit) => Math.abs(ours - limit) <= onLimit * Math.abs(limit),
  );
}

async function encoderInput(
  image: ImageRecord,
  [width, height]: readonly [number, number],
  window: IntensityWindow | undefined,
): Promise<Uint8Array> {
  const reading = { path: image.path, window, withoutWindow: trainedOnEightBits };
  const decoded = await decodeRgb(await readImageFile(pathToOpen(image)), reading);
  return resizeBilinear(decoded, width, height).data;
}

function summary(compared: readonly Compared[], bounds: typeof parityBounds): Parity {
  const mapError = Math.max(0, ...compared.map((pair) => pair.mapError));
  const scoreError = Math.max(0, ...compared.map(({ ours, theirs }) => Math.abs(ours - theirs)));
  const verdictsEqual = compared.every((pair) => pair.sameVerdict);
  return {
    images: compared.length,
    classes: new Set(compared.map(({ image }) => image.class)).size,
    anomalies: compared.filter(({ image }) => image.label === 'anomaly').length,
    map_max_abs: mapError,
    score_max_abs: scoreError,
    rank_correlation: rankCorrelation(
      compared.map(({ ours }) => ours),
      compared.map(({ theirs }) => theirs),
    ),
    verdicts_equal: verdictsEqual,
    ok: mapError <= bounds.map && scoreError <= bounds.score && verdictsEqual,
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
