import { createHash } from 'node:crypto';
import { sameWindow, windowText } from '../data/intensity-window.js';
import { DataError } from '../errors.js';
import { openRegular } from '../files/regular-file.js';
import { type FeatureKind, featureMismatch } from '../models/feature-mismatch.js';
import type { FeatureRecord, TensorRef } from '../records/schemas.js';
import { sizeOf } from '../tensor.js';
import type { FeatureLocation, FeatureSet } from './feature-set.js';

/** One image of the collection. */
export interface CollectedImage {
  class: string;
  path: string;
  hash: string;
  locations: FeatureLocation[];
}

type FileRef = Extract<TensorRef, { file: string }>;

/** Puts inline features somewhere that threads can read them from. */
export interface Spool {
  append(bytes: Uint8Array): Promise<{ file: string; offset: number }>;
}

/** Gathers feature records for training: normal images only, all of one encoder and shape. */
export class FeatureCollection {
  readonly images: CollectedImage[] = [];
  /** Records labelled anomalous: never trained on. */
  anomalies = 0;
  /** Records without a label: taken as normal. */
  unlabelled = 0;
  private first: FeatureRecord | null = null;
  /** The first record of a 16-bit image. */
  private firstDeep: FeatureRecord | null = null;

  constructor(private readonly spool: Spool) {}

  /**
   * @throws DataError when the record's encoder or shapes differ from those before it, or its features are cut off;
   *   InputMissingError when their file is gone
   */
  async add(record: FeatureRecord): Promise<void> {
    if (record.label === 'anomaly') {
      this.anomalies++;
      return;
    }
    this.check(record);
    const locations = await Promise.all(record.features.map((ref) => this.locate(ref, record.path)));
    this.first ??= record;
    if (record.window) this.firstDeep ??= record;
    if (record.label === undefined) this.unlabelled++;
    this.images.push({ class: record.class, path: record.path, hash: record.image_hash, locations });
  }

  /** @throws DataError when the record's encoder, shapes or intensity window differ from those before it */
  check(record: FeatureRecord): void {
    if (this.firstDeep) checkSameWindow(this.firstDeep, record);
    const mismatch = this.first && featureMismatch(kindOf(record), kindOf(this.first));
    if (!mismatch) return;
    throw new DataError(
      `${record.path}: features of ${mismatch.got}, those before are of ${mismatch.wanted}; ${mismatch.advice}, or all of them alike`,
    );
  }

  /** @throws DataError when there is no image */
  get encoder(): { name: string; hash: string } {
    return this.sample.encoder;
  }

  /** What a model of these features will take. */
  get kind(): FeatureKind {
    return kindOf(this.sample);
  }

  get inputSize(): [number, number] {
    return this.sample.input_size;
  }

  /** What the 16-bit images were read through; undefined where all have 8 bits. */
  get window(): [number, number] | undefined {
    return this.firstDeep?.window;
  }

  /** `[H,W,C]` of each scale, fine to coarse. */
  get shapes(): number[][] {
    return this.sample.features.map((ref) => ref.shape);
  }

  get classes(): string[] {
    return [...new Set(this.images.map((image) => image.class))].sort();
  }

  /** Identifies the images (in their order), how they were read, and the encoder. */
  get hash(): string {
    const sum = createHash('sha256').update(this.encoder.hash);
    if (this.window) sum.update(`\0${windowText(this.window)}`);
    for (const image of this.images) sum.update(`\0${image.class}\0${image.hash}`);
    return sum.digest('hex');
  }

  /** The features of some of the images. */
  subset(indices: readonly number[]): FeatureSet {
    return { shapes: this.shapes, images: indices.map((index) => this.images[index]!.locations) };
  }

  private get sample(): FeatureRecord {
    if (!this.first)
      throw new DataError(
        'no normal image came in; feed the features of good parts (mambaad extract DATA --split train)',
      );
    return this.first;
  }

  private async locate(ref: TensorRef, path: string): Promise<FeatureLocation> {
    const { dtype, shape } = ref;
    if (dtype !== 'float32' && dtype !== 'float16') {
      throw new DataError(`${path}: features are float32 or float16, not ${dtype}; extract them again`);
    }
    const length = sizeOf(shape) * (dtype === 'float32' ? 4 : 2);
    if ('file' in ref) {
      await checkFile(ref, length);
      return { file: ref.file, offset: ref.offset, dtype };
    }
    const bytes = Buffer.from(ref.data, 'base64');
    if (bytes.byteLength !== length) {
      throw new DataError(
        `${path}: inline ${dtype} tensor [${shape}]: ${length} bytes expected, ${bytes.byteLength} found`,
      );
    }
    return { ...(await this.spool.append(bytes)), dtype };
  }
}

function kindOf({ encoder, input_size, features }: FeatureRecord): FeatureKind {
  return { encoder, input_size, features: features.map((ref) => ref.shape) };
}

/** 8-bit images may stand beside 16-bit ones, but all of those are read alike. */
function checkSameWindow(first: FeatureRecord, record: FeatureRecord): void {
  if (!record.window || sameWindow(record.window, first.window)) return;
  const [here, before] = [windowText(record.window), windowText(first.window!)];
  throw new DataError(
    `${record.path}: read in the intensity window ${here}, the 16-bit images before in ${before}; extract all of them with one --window`,
  );
}

/** Told now, with the record at hand, and not after the first epoch has begun. */
async function checkFile({ file, offset, shape }: FileRef, length: number): Promise<void> {
  const opened = await openRegular(file, 'extracted features; was the cache cleared? Extract again');
  const { size } = await opened.stat().finally(() => opened.close());
  if (size >= offset + length) return;
  throw new DataError(
    `${file}: has ${size} bytes, the features [${shape}] need ${length} from byte ${offset}; extract again`,
  );
}
