import { extractFeatures } from '../data/extract.js';
import type { Encoder } from '../models/encoders/encoder.js';
import { openModelEncoder } from '../models/encoders/model-encoder.js';
import type { FeatureRecord, ImageRecord } from '../records/schemas.js';
import type { ScoringManifest } from './record-scorer.js';

/** A model's encoder, opened when the first image record comes. */
export class EncoderOnDemand {
  private encoder: Encoder | undefined;

  constructor(
    private readonly manifest: ScoringManifest,
    private readonly signal: AbortSignal,
  ) {}

  /** The records with features in place of images, in their order. Errors as `openModelEncoder`, `extractFeatures`. */
  async withFeatures(batch: readonly (ImageRecord | FeatureRecord)[]): Promise<FeatureRecord[]> {
    const images = batch.filter(isImage);
    if (images.length === 0) return batch as FeatureRecord[];
    this.encoder ??= await openModelEncoder(this.manifest);
    const source = (async function* () {
      yield* images;
    })();
    const extracted: FeatureRecord[] = [];
    const options = { inline: true, signal: this.signal };
    for await (const record of extractFeatures(source, this.encoder, options)) extracted.push(record);
    return batch.map((record) => (isImage(record) ? extracted.shift()! : record));
  }

  dispose(): void {
    this.encoder?.dispose();
  }
}

function isImage(record: ImageRecord | FeatureRecord): record is ImageRecord {
  return record.type === 'image';
}
