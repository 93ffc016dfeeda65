import { readMask } from '../data/mask.js';
import type { ScoreRecord, SegmentRecord } from '../records/schemas.js';
import { scoreMap } from '../records/score-map.js';
import type { ScoredImage } from './scored-image.js';

/**
 * Fetches what a score record points at: the map, and the mask at the map's size.
 *
 * @throws DataError for a broken map or mask, InputMissingError when a file is gone
 */
export async function scoredImage(record: ScoreRecord | SegmentRecord): Promise<ScoredImage> {
  const { width, height, data: map } = await scoreMap(record);
  const imageSize = record.image_size;
  const mask =
    record.mask && (await readMask(record.mask, { width, height, ...(imageSize && { imageSize }) }));
  return {
    class: record.class,
    path: record.path,
    score: record.raw_score,
    map,
    width,
    height,
    label: record.label,
    mask: mask ? mask.data : undefined,
  };
}
