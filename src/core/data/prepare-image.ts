import { createHash } from 'node:crypto';
import { MambaadError } from '../errors.js';
import type { Encoder } from '../models/encoders/encoder.js';
import type { ImageRecord } from '../records/schemas.js';
import { decodeRgb, readImageFile } from './decode.js';
import type { CachedFeatures, FeatureCache } from './feature-cache.js';
import { imageFacts } from './image-facts.js';
import type { IntensityWindow } from './intensity-window.js';
import { pathToOpen } from './paths.js';
import { resizeBilinear } from './resize.js';

/** How images are read. */
export interface ReadingOptions {
  /** Features are taken from here and put here. */
  readonly cache?: FeatureCache;
  readonly maxPixels?: number;
  /** What 16-bit images are read through; without it they are refused. */
  readonly window?: IntensityWindow | undefined;
  /** What to do about a refused 16-bit image: the end of the message. */
  readonly withoutWindow?: string;
  /** Told of an image with an EXIF orientation, which is not applied. */
  readonly onIgnoredTurn?: (image: ImageRecord) => void;
}

/** An image on its way: known to the cache, or decoded at the encoder's size. */
export interface Prepared {
  readonly image: ImageRecord;
  readonly hash: string;
  readonly size: [number, number];
  /** Of 16-bit images. */
  readonly window: IntensityWindow | undefined;
  readonly cached?: CachedFeatures;
  readonly pixels?: Uint8Array;
}

/** An image that cannot be read. */
export interface Refused {
  readonly image: ImageRecord;
  readonly error: MambaadError;
}

/** Reads, hashes, decodes and resizes an image, or says what is wrong with it. */
export async function prepareImage(
  image: ImageRecord,
  encoder: Pick<Encoder, 'inputSize'>,
  options: ReadingOptions,
): Promise<Prepared | Refused> {
  try {
    return await prepare(image, encoder, options);
  } catch (error) {
    if (error instanceof MambaadError) return { image, error };
    throw error;
  }
}

async function prepare(
  image: ImageRecord,
  encoder: Pick<Encoder, 'inputSize'>,
  { cache, onIgnoredTurn, ...reading }: ReadingOptions,
): Promise<Prepared> {
  const bytes = await readImageFile(pathToOpen(image));
  const hash = createHash('sha256').update(bytes).digest('hex');
  const { isDeep, ignoredOrientation } = imageFacts(bytes, image.path);
  const window = isDeep ? reading.window : undefined;
  if (ignoredOrientation > 1) onIgnoredTurn?.(image);
  // A 16-bit image without a window is refused below, whatever was cached.
  const cached = isDeep && !window ? undefined : await cache?.get({ hash, window });
  if (cached) return { image, hash, window, size: cached.imageSize, cached };
  const decoded = await decodeRgb(bytes, { path: image.path, ...reading });
  const { data } = resizeBilinear(decoded, ...encoder.inputSize);
  return { image, hash, window, size: [decoded.width, decoded.height], pixels: data };
}
