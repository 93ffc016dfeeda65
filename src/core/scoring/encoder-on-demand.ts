import { extractFeatures } from '../data/extract.js';
import type { Encoder } from '../models/encoders/encoder.js';
import { openModelEncoder } from '../models/encoders/model-encoder.js';
import type { FeatureRecord, ImageRecord } from '../records/schemas.js';
import { Available } from '../runtime/available.js';
import type { ScoringManifest } from './record-scorer.js';
import { trainedOnEightBits } from './window-check.js';

/** A model's encoder, opened when the first image record comes. */
export class EncoderOnDemand {
  private encoder: Promise<Encoder> | undefined;
  // Encoders need not be re-entrant.
  private readonly turn = new Available([undefined]);

  constructor(
    private readonly manifest: ScoringManifest,
    private readonly signal: AbortSignal,
  ) {}

  /** The image's features inside a record. Errors as `openModelEncoder`, `extractFeatures`. */
  encode(image: ImageRecord): Promise<FeatureRecord> {
    return this.turn.use(async () => {
      this.encoder ??= openModelEncoder(this.manifest);
      const { window } = this.manifest;
      const reading = { window, withoutWindow: trainedOnEightBits };
      const options = { ...reading, inline: true, signal: this.signal };
      for await (const record of extractFeatures(only(image), await this.encoder, options)) return record;
      throw new Error('an image without features');
    });
  }

  async dispose(): Promise<void> {
    await this.encoder?.then(
      (encoder) => encoder.dispose(),
      () => {}, // it never opened, which was told when it was wanted
    );
  }
}

async function* only(image: ImageRecord): AsyncGenerator<ImageRecord> {
  yield image;
}
