import { DataError } from '../errors.js';
import { featureMismatch } from '../models/feature-mismatch.js';
import type { ModelManifest } from '../models/model-folder.js';
import type { FeatureRecord, ScoreRecord } from '../records/schemas.js';
import { resolveFloats } from '../records/tensor-ref.js';
import type { ScoringCrew } from './crew.js';
import { ScoreComposer, type ScoreOptions } from './score-composer.js';
import { checkWindow } from './window-check.js';

/** What scoring goes by, from a model folder or the metadata of an exported file. */
export type ScoringManifest = Pick<
  ModelManifest,
  'model' | 'encoder' | 'input_size' | 'window' | 'features' | 'map_size' | 'classes' | 'calibration'
>;

/** Turns feature records into score records. */
export class RecordScorer {
  private readonly composer: ScoreComposer;

  constructor(
    private readonly manifest: ScoringManifest,
    private readonly crew: ScoringCrew,
    private readonly options: ScoreOptions,
  ) {
    this.composer = new ScoreComposer(manifest, options);
  }

  /**
   * @throws DataError when the features are of another encoder, of an image read in another window, or broken, or the
   *   score is not finite
   */
  async score(record: FeatureRecord): Promise<ScoreRecord> {
    this.checkEncoder(record);
    checkWindow(record, this.manifest.window, this.options.onDoubt);
    const features = await Promise.all(record.features.map((ref) => resolveFloats(ref, '.')));
    const scored = await this.crew.score(features);
    const { features: _, encoder: __, input_size: ___, ...known } = record;
    return this.composer.compose(known, scored, scored.ms);
  }

  private checkEncoder({ path, encoder, features, input_size }: FeatureRecord): void {
    const got = { encoder, input_size, features: features.map((ref) => ref.shape) };
    const mismatch = featureMismatch(got, this.manifest);
    if (!mismatch) return;
    throw new DataError(
      `${path}: features of ${mismatch.got}, the model takes those of ${mismatch.wanted}; ${mismatch.advice}`,
    );
  }
}
