import { type IntensityWindow, sameWindow, windowText } from '../data/intensity-window.js';
import { DataError, MambaadError } from '../errors.js';
import { inputFailure } from '../files/file-errors.js';
import { openRegular } from '../files/regular-file.js';
import { type FeatureKind, featureMismatch } from '../models/feature-mismatch.js';
import { readRecords } from '../records/read-records.js';
import type { FeatureRecord } from '../records/schemas.js';

/** What a labelled test set holds. */
export interface TestSetFacts {
  images: number;
  anomalies: number;
  /** Sorted. */
  classes: string[];
  kind: FeatureKind;
  /** What the 16-bit images were read through. */
  window: IntensityWindow | undefined;
}

/**
 * The labelled feature records of an NDJSON file, one at a time, in their order.
 *
 * @throws DataError naming file and line for malformed records and those without a label; InputMissingError
 */
export async function* readTestSet(path: string, signal?: AbortSignal): AsyncGenerator<FeatureRecord> {
  const file = await openRegular(path, 'feature records of a test set');
  const stream = file.createReadStream();
  try {
    for await (const { wanted, record, line } of readRecords(stream, { types: ['features'], signal })) {
      if (!wanted) continue;
      if (record.label === undefined) {
        throw new DataError(
          `line ${line}: ${record.path} has no label; a test set needs one for each image (mambaad extract DATA --split test)`,
        );
      }
      yield record;
    }
  } catch (error) {
    if (error instanceof MambaadError) throw new DataError(`${path}: ${error.message}`);
    throw signal?.aborted ? signal.reason : inputFailure(path, error, 'feature records of a test set');
  } finally {
    stream.destroy();
  }
}

/**
 * Reads a test set to its end, so that what is wrong with it is known before a training run and not after.
 *
 * @throws DataError also when it cannot judge a model: without normal images, without anomalies, of two kinds of features, or
 *   of 16-bit images read in two windows
 */
export async function inspectTestSet(path: string, signal?: AbortSignal): Promise<TestSetFacts> {
  let kind: FeatureKind | undefined;
  let window: IntensityWindow | undefined;
  const classes = new Set<string>();
  let [images, anomalies] = [0, 0];
  for await (const record of readTestSet(path, signal)) {
    const own = { ...record, features: record.features.map((ref) => ref.shape) };
    kind ??= own;
    const mismatch = featureMismatch(own, kind);
    if (mismatch) {
      throw new DataError(
        `${path}: ${record.path} has features of ${mismatch.got}, those before are of ${mismatch.wanted}; ${mismatch.advice}`,
      );
    }
    classes.add(record.class);
    window ??= record.window;
    if (record.window && !sameWindow(record.window, window)) {
      throw new DataError(
        `${path}: ${record.path} was read in the intensity window ${windowText(record.window)}, 16-bit images before in ${windowText(window!)}; extract all of them with one --window`,
      );
    }
    images++;
    if (record.label === 'anomaly') anomalies++;
  }
  if (kind === undefined || anomalies === 0 || anomalies === images) {
    throw new DataError(
      `${path}: ${images} feature records, ${anomalies} of them anomalies; a test set needs both good and defective parts`,
    );
  }
  const { encoder, features, input_size } = kind;
  return { images, anomalies, classes: [...classes].sort(), kind: { encoder, features, input_size }, window };
}
