import { DataError } from '../errors.js';
import type { ScoreRecord } from './schemas.js';
import { resolveFloats } from './tensor-ref.js';

/** Values of a map: models give 256 × 256; beyond this one record would take minutes and gigabytes. */
const mostValues = 4096 * 4096;

/** An anomaly map, row-major. */
export interface ScoreMap {
  width: number;
  height: number;
  data: Float32Array;
}

/**
 * Fetches the map of a score record.
 *
 * @throws DataError when it has none, or one that is no map; InputMissingError when its file is gone
 */
export async function scoreMap({ path, map }: Pick<ScoreRecord, 'path' | 'map'>): Promise<ScoreMap> {
  if (!map) {
    throw new DataError(
      `${path}: the record has no map, which is needed here; score the image again, and leave "map" in the record`,
    );
  }
  const [height, width] = map.shape;
  if (map.shape.length !== 2 || !height || !width) {
    throw new DataError(`${path}: its map is a tensor [${map.shape}], expected [height,width]`);
  }
  if (width * height > mostValues) {
    throw new DataError(`${path}: its map is ${width}×${height}, at most ${mostValues} values are read`);
  }
  return { width, height, data: await resolveFloats(map, '.') };
}
