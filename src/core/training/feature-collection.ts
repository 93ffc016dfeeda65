import { createHash } from 'node:crypto';
import { DataError } from '../errors.js';
import type { FeatureRecord, TensorRef } from '../records/schemas.js';
import type { FeatureLocation, FeatureSet } from './feature-set.js';

/** One image of the collection. */
export interface CollectedImage {
  class: string;
  path: string;
  hash: string;
  locations: FeatureLocation[];
}

/** Puts inline features somewhere that threads can read them from. */
export interface Spool {
  append(bytes: Uint8Array): Promise<{ file: string; offset: number }>;
}

/** Gathers feature records for training: normal images only, all of one encoder and shape. */
export class FeatureCollection {
  readonly images: CollectedImage[] = [];
  /** Records labelled anomalous: never trained on. */
  anomalies = 0;
  private first: FeatureRecord | null = null;

  constructor(private readonly spool: Spool) {}

  /** @throws DataError when the record's encoder or shapes differ from those before it */
  async add(record: FeatureRecord): Promise<void> {
    if (record.label === 'anomaly') {
      this.anomalies++;
      return;
    }
    this.first ??= record;
    this.checkAgainst(this.first, record);
    const locations = await Promise.all(record.features.map((ref) => this.locate(ref)));
    this.images.push({ class: record.class, path: record.path, hash: record.image_hash, locations });
  }

  /** @throws DataError when there is no image */
  get encoder(): { name: string; hash: string } {
    return this.sample.encoder;
  }

  get inputSize(): [number, number] {
    return this.sample.input_size;
  }

  /** `[H,W,C]` of each scale, fine to coarse. */
  get shapes(): number[][] {
    return this.sample.features.map((ref) => ref.shape);
  }

  get classes(): string[] {
    return [...new Set(this.images.map((image) => image.class))].sort();
  }

  /** Identifies the images (in their order) and the encoder. */
  get hash(): string {
    const sum = createHash('sha256').update(this.encoder.hash);
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

  private checkAgainst(first: FeatureRecord, record: FeatureRecord): void {
    const shapes = (of: FeatureRecord) => of.features.map((ref) => `[${ref.shape}]`).join(' ');
    if (record.encoder.hash !== first.encoder.hash || shapes(record) !== shapes(first)) {
      throw new DataError(
        `${record.path}: features of ${record.encoder.name} ${shapes(record)}, the images before had ${first.encoder.name} ${shapes(first)}; extract all of them alike`,
      );
    }
  }

  private async locate(ref: TensorRef): Promise<FeatureLocation> {
    if (ref.dtype !== 'float32' && ref.dtype !== 'float16') {
      throw new DataError(`features are float32 or float16, not ${ref.dtype}; extract them again`);
    }
    if ('file' in ref) return { file: ref.file, offset: ref.offset, dtype: ref.dtype };
    return { ...(await this.spool.append(Buffer.from(ref.data, 'base64'))), dtype: ref.dtype };
  }
}
