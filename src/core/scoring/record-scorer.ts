import { DataError } from '../errors.js';
import type { ModelManifest } from '../models/model-folder.js';
import type { FeatureRecord, ScoreRecord } from '../records/schemas.js';
import { resolveFloats } from '../records/tensor-ref.js';
import type { ScoringCrew } from './crew.js';
import { ScoreComposer, type ScoreOptions } from './score-composer.js';

/** What scoring goes by, from a model folder or the metadata of an exported file. */
export type ScoringManifest = Pick<
  ModelManifest,
  'model' | 'encoder' | 'input_size' | 'features' | 'map_size' | 'calibration'
>;

/** Turns feature records into score records. */
export class RecordScorer {
  private readonly composer: ScoreComposer;

  constructor(
    private readonly manifest: ScoringManifest,
    private readonly crew: ScoringCrew,
    options: ScoreOptions,
  ) {
    this.composer = new ScoreComposer(manifest, options);
  }

  /**
   * @throws DataError when the features are of another encoder or broken, or the score is not finite
   */
  async score(record: FeatureRecord): Promise<ScoreRecord> {
    this.checkEncoder(record);
    const features = await Promise.all(record.features.map((ref) => resolveFloats(ref, '.')));
    const scored = await this.crew.score(features);
    const { features: _, encoder: __, input_size: ___, ...known } = record;
    return this.composer.compose(known, scored, scored.ms);
  }

  private checkEncoder({ path, encoder, features }: FeatureRecord): void {
    const wanted = this.manifest.encoder;
    if (encoder.hash !== wanted.hash) {
      throw new DataError(
        `${path}: features of encoder ${encoder.name} (${encoder.hash.slice(0, 16)}), the model was trained on ${wanted.name} (${wanted.hash.slice(0, 16)}); extract with --encoder ${wanted.name}`,
      );
    }
    const shapes = (list: readonly (readonly number[])[]) => list.map((shape) => `[${shape}]`).join(' ');
    const got = shapes(features.map((ref) => ref.shape));
    if (got !== shapes(this.manifest.features)) {
      throw new DataError(
        `${path}: features ${got}, the model wants ${shapes(this.manifest.features)}; extract again`,
      );
    }
  }
}
