import { floatToHalf } from '../files/half-precision.js';
import { openSafetensors } from '../files/safetensors.js';
import type { Encoder } from '../models/encoders/encoder.js';
import type { FeatureRecord, TensorRef } from '../records/schemas.js';
import { inlineTensor } from '../records/tensor-ref.js';
import type { FeatureCache } from './feature-cache.js';
import type { Prepared } from './prepare-image.js';

/** Where features go. */
export interface StoringOptions {
  readonly cache?: FeatureCache;
  /** Features travel inside the records; so they do without a cache. */
  readonly inline?: boolean;
  /** Features inside the records are float16; the cache has a type of its own. */
  readonly half?: boolean;
}

/**
 * The record of an image: its features stored, or found in the cache.
 *
 * @param maps one array a scale; undefined for an image that the cache knew
 */
export async function featureRecord(
  item: Prepared,
  maps: readonly Float32Array[] | undefined,
  encoder: Encoder,
  options: StoringOptions,
): Promise<FeatureRecord> {
  const { image, hash, size, window } = item;
  return {
    ...image,
    type: 'features',
    image_hash: hash,
    image_size: size,
    input_size: [...encoder.inputSize],
    ...(window && { window: [...window] }),
    encoder: { name: encoder.name, hash: encoder.hash },
    features: maps ? await stored(item, maps, encoder, options) : await recalled(item, options),
  };
}

async function stored(
  { hash, window, size }: Prepared,
  maps: readonly Float32Array[],
  encoder: Encoder,
  { cache, inline, half }: StoringOptions,
): Promise<TensorRef[]> {
  const entry = await cache?.put({ hash, window }, size, maps);
  if (entry && !inline) return entry.features;
  // What travels inline is what the cache would give next time: float16 rounds.
  if (entry) return Promise.all(entry.features.map(inlined));
  return maps.map((map, i) => inlineTensor(half ? floatToHalf(map) : map, encoder.outputs[i]!));
}

async function recalled({ cached }: Prepared, { inline }: StoringOptions): Promise<TensorRef[]> {
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
