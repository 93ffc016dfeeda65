import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { cacheAdvice } from '../cache-folder.js';
import { DataError, InputMissingError } from '../errors.js';
import { floatToHalf } from '../files/half-precision.js';
import {
  openSafetensors,
  type SafetensorsReader,
  type StoredTensor,
  writeSafetensors,
} from '../files/safetensors.js';
import { ownFolderFailure } from '../home-folder.js';
import type { Encoder } from '../models/encoders/encoder.js';
import type { TensorRef } from '../records/schemas.js';
import { fileTensor } from '../records/tensor-ref.js';
import { decodingVersion } from './decode.js';
import type { IntensityWindow } from './intensity-window.js';

export type CachedType = 'float32' | 'float16';

/** What the cache knows of an image. */
export interface CachedFeatures {
  /** Original width and height in pixels. */
  readonly imageSize: [number, number];
  /** Fine to coarse, [H,W,C] each, in the entry's file. */
  readonly features: TensorRef[];
}

/** What names an entry besides encoder and type. */
export interface CachedImage {
  /** sha256 of the image file. */
  readonly hash: string;
  /** The window that a 16-bit image was read through. */
  readonly window?: IntensityWindow | undefined;
}

export interface FeatureCache {
  /** The entry of an image, or undefined when there is none or it is damaged. */
  get(image: CachedImage): Promise<CachedFeatures | undefined>;
  /** @param maps one array a scale, as the encoder gives them for one image. @throws IoError, OutputError */
  put(
    image: CachedImage,
    imageSize: [number, number],
    maps: readonly Float32Array[],
  ): Promise<CachedFeatures>;
}

type KeyParts = Pick<Encoder, 'hash' | 'preprocessing' | 'outputs'>;

const refreshAfter = 86_400_000; // a hit marks its entry as used, at most once a day

/**
 * A content-addressed store of encoder features: sha256 of the image file × the way it is decoded × encoder ×
 * preprocessing × type, one safetensors file an image. Processes share it without locks: entries appear whole by renaming and never change.
 *
 * @param folder made when missing, at the first write
 * @param type float16 halves the disk, at about three decimal digits
 */
export function featureCache(folder: string, encoder: KeyParts, type: CachedType = 'float32'): FeatureCache {
  const root = resolve(folder);
  const pathOf = (image: CachedImage) => entryPath(root, image, encoder, type);
  return {
    get: (image) => readEntry(pathOf(image), encoder.outputs, type),
    put: async (image, imageSize, maps) => {
      const path = pathOf(image);
      await writeEntry(path, image.hash, imageSize, maps, encoder, type).catch((error: unknown) => {
        throw ownFolderFailure(root, error, cacheAdvice);
      });
      const entry = await readEntry(path, encoder.outputs, type);
      if (!entry)
        throw new DataError(
          `${path}: the cache entry just written cannot be read; is something deleting it?`,
        );
      return entry;
    },
  };
}

function entryPath(root: string, { hash, window }: CachedImage, encoder: KeyParts, type: CachedType): string {
  const decoding = window ? [decodingVersion, ...window] : [decodingVersion];
  const network = [encoder.hash, encoder.preprocessing, JSON.stringify(encoder.outputs)];
  const parts = [hash, decoding, ...network, type];
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return join(root, key.slice(0, 2), key.slice(2, 4), `${key}.safetensors`);
}

async function readEntry(
  path: string,
  shapes: number[][],
  type: CachedType,
): Promise<CachedFeatures | undefined> {
  let reader: SafetensorsReader;
  try {
    reader = await openSafetensors(path); // compares the header with the file's size
  } catch (error) {
    if (error instanceof InputMissingError || error instanceof DataError) return undefined;
    throw error;
  }
  try {
    const imageSize = sizeFrom(reader.metadata.image_size);
    const features = shapes.map((shape, i) => reference(reader, path, String(i), shape, type));
    if (!imageSize || features.includes(undefined)) return undefined;
    await markUsed(path);
    return { imageSize, features: features as TensorRef[] };
  } finally {
    await reader.close();
  }
}

function reference(
  { entries, dataStart }: SafetensorsReader,
  path: string,
  name: string,
  shape: readonly number[],
  type: CachedType,
): TensorRef | undefined {
  const entry = entries.get(name);
  if (entry?.dtype !== (type === 'float16' ? 'F16' : 'F32') || String(entry.shape) !== String(shape))
    return undefined;
  return fileTensor(path, type, shape, dataStart + entry.start);
}

function sizeFrom(text: string | undefined): [number, number] | undefined {
  const [width, height] = (text ?? '').split('x').map(Number);
  return width && height ? [width, height] : undefined;
}

async function markUsed(path: string): Promise<void> {
  const now = new Date();
  const stat = await fs.stat(path).catch(() => undefined);
  // A cache shared read-only still serves: its entries just cannot be marked.
  if (stat && now.getTime() - stat.mtimeMs > refreshAfter) await fs.utimes(path, now, now).catch(() => {});
}

async function writeEntry(
  path: string,
  imageHash: string,
  imageSize: [number, number],
  maps: readonly Float32Array[],
  encoder: KeyParts,
  type: CachedType,
): Promise<void> {
  const tensors = new Map<string, StoredTensor>();
  for (const [i, shape] of encoder.outputs.entries()) {
    const map = maps[i]!;
    const half = type === 'float16';
    tensors.set(String(i), { dtype: half ? 'F16' : 'F32', shape, data: half ? floatToHalf(map) : map });
  }
  const metadata = {
    image_hash: imageHash,
    image_size: imageSize.join('x'),
    encoder: encoder.hash,
    preprocessing: encoder.preprocessing,
  };
  await fs.mkdir(dirname(path), { recursive: true });
  await writeSafetensors(path, tensors, metadata, { durable: false });
}
