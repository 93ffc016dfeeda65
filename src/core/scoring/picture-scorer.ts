import { createHash } from 'node:crypto';
import { decodeRgb, readImageFile } from '../data/decode.js';
import { imageFacts } from '../data/image-facts.js';
import { pathToOpen } from '../data/paths.js';
import { resizeBilinear } from '../data/resize.js';
import type { ImageRecord, ScoreRecord } from '../records/schemas.js';
import type { PictureCrew } from './exported-crew.js';
import type { ScoringManifest } from './record-scorer.js';
import { ScoreComposer, type ScoreOptions } from './score-composer.js';
import { checkWindow, trainedOnEightBits } from './window-check.js';

/** Turns image records into score records, for models that hold their encoder inside. */
export class PictureScorer {
  private readonly composer: ScoreComposer;

  constructor(
    private readonly manifest: ScoringManifest,
    private readonly crew: PictureCrew,
    private readonly options: ScoreOptions,
  ) {
    this.composer = new ScoreComposer(manifest, options);
  }

  /** @throws DataError, InputMissingError for an image that cannot be read; DataError when the score is not finite */
  async score(record: ImageRecord): Promise<ScoreRecord> {
    const start = performance.now();
    const bytes = await readImageFile(pathToOpen(record));
    const { path } = record;
    const reading = { path, window: this.manifest.window, withoutWindow: trainedOnEightBits };
    const decoded = await decodeRgb(bytes, reading);
    const window = imageFacts(bytes, path).isDeep ? this.manifest.window : undefined;
    checkWindow({ path, window }, this.manifest.window, this.options.onDoubt);
    const { data } = resizeBilinear(decoded, ...this.manifest.input_size);
    const scored = await this.crew.score(data);
    const known = {
      ...record,
      image_hash: createHash('sha256').update(bytes).digest('hex'),
      image_size: [decoded.width, decoded.height],
      ...(window && { window }),
    };
    return this.composer.compose(known, scored, performance.now() - start);
  }
}
