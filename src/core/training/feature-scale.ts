import { DataError } from '../errors.js';
import { type FeatureSet, readScale } from './feature-set.js';

const sampleSize = 128;

/**
 * Standard deviation of each scale's features over (a sample of) the training images: dividing by it makes one
 * learning rate and one loss weight fit every encoder.
 *
 * @throws DataError when features are not finite
 */
export function measureFeatureScale(set: FeatureSet): number[] {
  const count = Math.min(sampleSize, set.images.length);
  const sample = Array.from({ length: count }, (_, i) => Math.floor((i * set.images.length) / count));
  return set.shapes.map((_, scale) => {
    let sum = 0;
    let squares = 0;
    let n = 0;
    for (const image of sample) {
      const values = readScale(set, [image], scale, 1);
      for (const value of values) {
        sum += value;
        squares += value * value;
      }
      n += values.length;
    }
    const variance = squares / n - (sum / n) ** 2;
    if (!Number.isFinite(variance)) {
      throw new DataError(
        `the features of scale ${scale + 1} hold NaN or infinite values; the encoder's weights or an image are broken`,
      );
    }
    // Constant features carry nothing to learn from; leave them as they are.
    return variance > 0 ? Math.sqrt(variance) : 1;
  });
}
