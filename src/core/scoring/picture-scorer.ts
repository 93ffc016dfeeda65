import { createHash } from 'node:crypto';
import { decodeRgb, readImageFile } from '../data/decode.js';
import { pathToOpen } from '../data/paths.js';
import { resizeBilinear } from '../data/resize.js';
import type { ImageRecord, ScoreRecord } from '../records/schemas.js';
import type { PictureCrew } from './exported-crew.js';
import type { ScoringManifest } from './record-scorer.js';
import { ScoreComposer, type ScoreOptions } from './score-composer.js';

/** Turns image records into score records, for models that hold their encoder inside. */
export class PictureScorer {
  private readonly composer: ScoreComposer;

  constructor(
    private readonly manifest: ScoringManifest,
    private readonly crew: PictureCrew,
    options: ScoreOptions,
  ) {
    this.composer = new ScoreComposer(manifest, options);
  }

  /** @throws DataError, InputMissingError for an image that cannot be read; DataError when the score is not finite */
  async score(record: ImageRecord): Promise<ScoreRecord> {
    const start = performance.now();
    const bytes = await readImageFile(pathToOpen(record));
    const decoded = await decodeRgb(bytes, { path: record.path });
    const { data } = resizeBilinear(decoded, ...this.manifest.input_size);
    const scored = await this.crew.score(data);
    const known = {
      ...record,
      image_hash: createHash('sha256').update(bytes).digest('hex'),
      image_size: [decoded.width, decoded.height],
    };
    return this.composer.compose(known, scored, performance.now() - start);
  }
}
