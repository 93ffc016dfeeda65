import { maskDoubt, readMask } from '../data/mask.js';
import type { ScoreRecord, SegmentRecord } from '../records/schemas.js';
import { scoreMap } from '../records/score-map.js';
import type { ScoredImage } from './scored-image.js';

/**
 * Fetches what a score record points at: the map, and the mask at the map's size. A record without a map still counts
 * for the image metrics.
 *
 * @throws DataError for a broken map or mask, InputMissingError when a file is gone
 */
export async function scoredImage(record: ScoreRecord | SegmentRecord): Promise<ScoredImage> {
  const { class: name, path, raw_score: score, label } = record;
  if (!record.map) return { class: name, path, score, label };
  const { width, height, data: map } = await scoreMap(record);
  const imageSize = record.image_size;
  const mask =
    record.mask && (await readMask(record.mask, { width, height, ...(imageSize && { imageSize }) }));
  return {
    class: name,
    path,
    score,
    map,
    width,
    height,
    label,
    mask: mask ? mask.data : undefined,
    maskDoubt: mask ? maskDoubt(mask, record.label) : undefined,
  };
}
