import { DataError, MambaadError } from '../errors.js';
import { inputFailure } from '../files/file-errors.js';
import { openRegular } from '../files/regular-file.js';
import { readRecords } from '../records/read-records.js';
import type { FeatureRecord } from '../records/schemas.js';

/** What a labelled test set holds. */
export interface TestSetFacts {
  images: number;
  anomalies: number;
  encoder: { name: string; hash: string };
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
 * @throws DataError also when it cannot judge a model: without normal images, without anomalies, or of two encoders
 */
export async function inspectTestSet(path: string, signal?: AbortSignal): Promise<TestSetFacts> {
  let encoder: FeatureRecord['encoder'] | undefined;
  let [images, anomalies] = [0, 0];
  for await (const record of readTestSet(path, signal)) {
    encoder ??= record.encoder;
    if (record.encoder.hash !== encoder.hash) {
      throw new DataError(
        `${path}: ${record.path} has features of ${record.encoder.name}, those before of ${encoder.name}; extract all of them alike`,
      );
    }
    images++;
    if (record.label === 'anomaly') anomalies++;
  }
  if (encoder === undefined || anomalies === 0 || anomalies === images) {
    throw new DataError(
      `${path}: ${images} feature records, ${anomalies} of them anomalies; a test set needs both good and defective parts`,
    );
  }
  return { images, anomalies, encoder };
}
