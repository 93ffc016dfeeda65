import { createHash } from 'node:crypto';
import { DataError, InputMissingError } from '../errors.js';
import { openSafetensors } from '../files/safetensors.js';
import type { Encoder } from '../models/encoders/encoder.js';
import type { FeatureRecord, ImageRecord, TensorRef } from '../records/schemas.js';
import { inlineTensor } from '../records/tensor-ref.js';
import { decodeRgb, readImageFile } from './decode.js';
import type { CachedFeatures, FeatureCache } from './feature-cache.js';
import { inGroups, inOrder } from './in-order.js';
import { pathToOpen } from './paths.js';
import { resizeBilinear } from './resize.js';

export interface ExtractOptions {
  /** Features are taken from here and put here. */
  readonly cache?: FeatureCache;
  /** Features travel inside the records; so they do without a cache. */
  readonly inline?: boolean;
  /** Images given to the encoder at a time, 8 by default. */
  readonly batch?: number;
  /** Images being read and decoded at a time, twice the batch by default. */
  readonly concurrency?: number;
  readonly maxPixels?: number;
  readonly signal?: AbortSignal;
  /** Told of an image that cannot be read, which is then left out. Without it the first one ends the run. */
  readonly onError?: (error: DataError | InputMissingError, image: ImageRecord) => void;
}

/** An image on its way: known to the cache, or decoded at the encoder's size. */
interface Prepared {
  readonly image: ImageRecord;
  readonly hash: string;
  readonly size: [number, number];
  readonly cached?: CachedFeatures;
  readonly pixels?: Uint8Array;
}

/**
 * Encoder features of images, in their order. Several images are read, hashed, decoded and resized while the encoder
 * works on a batch and the batch before it is read by the consumer; memory is bounded by `concurrency` and two batches.
 *
 * @throws DataError, InputMissingError for a bad image unless `onError` is given; what the encoder or cache throws; the
 *   signal's reason
 */
export async function* extractFeatures(
  images: AsyncIterable<ImageRecord>,
  encoder: Encoder,
  options: ExtractOptions = {},
): AsyncGenerator<FeatureRecord> {
  const { batch = 8, concurrency = 2 * batch, signal } = options;
  const prepared = inOrder(images, (image) => prepareOrReport(image, encoder, options), concurrency);
  const groups = inGroups(prepared, batch);
  const stop = aborted(signal);
  let encoding: Promise<FeatureRecord[]> | undefined;
  try {
    for (let group = nextOf(groups); ; ) {
      // What is encoded goes out at once, not when the next batch has come.
      if (encoding && (await Promise.race([stop, firstOf(encoding, group)])) === 'encoding') {
        yield* await encoding;
        encoding = undefined;
        continue;
      }
      const next = await Promise.race([stop, group]);
      const before = encoding;
      if ('failure' in next || next.done) {
        if (before) yield* await before; // images before the bad one are not lost
        if ('failure' in next) throw next.failure;
        break;
      }
      encoding = encodeAfter(before, next.value, encoder, options);
      encoding.catch(() => {}); // reported when its turn comes
      group = nextOf(groups);
      if (before) yield* await Promise.race([stop, before]);
    }
  } finally {
    await encoding?.catch(() => {}); // the encoder is not left working on disposed weights
    groups.return(undefined).catch(() => {}); // not awaited: the source may be waiting for input that never comes
  }
}

type Next = IteratorResult<(Prepared | undefined)[], void> | { readonly failure: unknown };

function nextOf(groups: AsyncGenerator<(Prepared | undefined)[], void>): Promise<Next> {
  return groups.next().catch((failure: unknown) => ({ failure }));
}

/** Rejects with the signal's reason once it is given. */
function aborted(signal: AbortSignal | undefined): Promise<never> {
  const stop = new Promise<never>((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  stop.catch(() => {});
  return stop;
}

async function firstOf(encoding: Promise<unknown>, group: Promise<unknown>): Promise<'encoding' | 'group'> {
  return Promise.race([encoding.then(() => 'encoding' as const), group.then(() => 'group' as const)]);
}

async function prepareOrReport(
  image: ImageRecord,
  encoder: Encoder,
  options: ExtractOptions,
): Promise<Prepared | undefined> {
  options.signal?.throwIfAborted();
  try {
    return await prepare(image, encoder, options);
  } catch (error) {
    if (!options.onError || !(error instanceof DataError || error instanceof InputMissingError)) throw error;
    options.onError(error, image);
    return undefined;
  }
}

async function prepare(
  image: ImageRecord,
  encoder: Encoder,
  { cache, maxPixels }: ExtractOptions,
): Promise<Prepared> {
  const bytes = await readImageFile(pathToOpen(image));
  const hash = createHash('sha256').update(bytes).digest('hex');
  const cached = await cache?.get(hash);
  if (cached) return { image, hash, size: cached.imageSize, cached };
  const limit = maxPixels === undefined ? {} : { maxPixels };
  const decoded = await decodeRgb(bytes, { path: image.path, ...limit });
  const { data } = resizeBilinear(decoded, ...encoder.inputSize);
  return { image, hash, size: [decoded.width, decoded.height], pixels: data };
}

/** One batch at a time: encoders need not be re-entrant. */
async function encodeAfter(
  before: Promise<unknown> | undefined,
  group: (Prepared | undefined)[],
  encoder: Encoder,
  options: ExtractOptions,
): Promise<FeatureRecord[]> {
  await before;
  options.signal?.throwIfAborted();
  const present = group.filter((item) => item !== undefined);
  const missing = present.filter((item) => item.pixels !== undefined);
  const maps = await encode(missing, encoder);
  const records: FeatureRecord[] = [];
  for (const item of present) {
    const own = maps.get(item);
    const features = own ? await stored(item, own, encoder, options) : await recalled(item, options);
    records.push(featureRecord(item, encoder, features));
  }
  return records;
}

async function encode(items: readonly Prepared[], encoder: Encoder): Promise<Map<Prepared, Float32Array[]>> {
  const maps = new Map<Prepared, Float32Array[]>();
  if (items.length === 0) return maps;
  const [width, height] = encoder.inputSize;
  const pixels = new Uint8Array(items.length * width * height * 3);
  for (const [i, item] of items.entries()) pixels.set(item.pixels!, i * width * height * 3);
  const scales = await encoder.encode(pixels, items.length);
  for (const [i, item] of items.entries()) {
    const own = scales.map((scale) => {
      const length = scale.length / items.length;
      return scale.subarray(i * length, (i + 1) * length);
    });
    maps.set(item, own);
  }
  return maps;
}

async function stored(
  { hash, size }: Prepared,
  maps: readonly Float32Array[],
  encoder: Encoder,
  { cache, inline }: ExtractOptions,
): Promise<TensorRef[]> {
  const entry = await cache?.put(hash, size, maps);
  if (entry && !inline) return entry.features;
  // What travels inline is what the cache would give next time: float16 rounds.
  if (entry) return Promise.all(entry.features.map(inlined));
  return maps.map((map, i) => inlineTensor(map, encoder.outputs[i]!));
}

async function recalled({ cached }: Prepared, { inline }: ExtractOptions): Promise<TensorRef[]> {
  const { features } = cached!;
  return inline ? Promise.all(features.map(inlined)) : features;
}

async function inlined(ref: TensorRef, index: number): Promise<TensorRef> {
  if (!('file' in ref)) return ref;
  const reader = await openSafetensors(ref.file);
  try {
    const { data } = await reader.read(String(index));
    return inlineTensor(data as Float32Array | Uint16Array, ref.shape);
  } finally {
    await reader.close();
  }
}

function featureRecord(
  { image, hash, size }: Prepared,
  encoder: Encoder,
  features: TensorRef[],
): FeatureRecord {
  const { name, hash: encoderHash, inputSize } = encoder;
  return {
    ...image,
    type: 'features',
    image_hash: hash,
    image_size: size,
    input_size: [...inputSize],
    encoder: { name, hash: encoderHash },
    features,
  };
}
