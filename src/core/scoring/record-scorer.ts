import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  calibratedScore,
  type LimitOverrides,
  limitsOf,
  verdictOf,
  withOverrides,
} from '../anomaly/verdict.js';
import { DataError } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { outputFailure } from '../files/file-errors.js';
import { formatNpy } from '../files/npy.js';
import type { ModelManifest } from '../models/model-folder.js';
import type { FeatureRecord, ScoreRecord, TensorRef } from '../records/schemas.js';
import { fileTensor, inlineTensor, resolveFloats } from '../records/tensor-ref.js';
import type { ScoringCrew, TimedScore } from './crew.js';

export interface RecordScorerOptions {
  overrides: LimitOverrides;
  /** Folder that takes the maps as .npy files; inline when absent. */
  maps?: string | undefined;
}

/** Turns feature records into score records. */
export class RecordScorer {
  private written = 0;

  constructor(
    private readonly manifest: ModelManifest,
    private readonly crew: ScoringCrew,
    private readonly options: RecordScorerOptions,
  ) {}

  /**
   * @throws DataError when the features are of another encoder or broken, or the score is not finite
   */
  async score(record: FeatureRecord): Promise<ScoreRecord> {
    const start = performance.now();
    this.checkEncoder(record);
    const features = await Promise.all(record.features.map((ref) => resolveFloats(ref, '.')));
    const scored = await this.crew.score(features);
    if (!Number.isFinite(scored.rawScore)) {
      throw new DataError(
        `${record.path}: the score is ${scored.rawScore}; the features or the model's weights are not finite`,
      );
    }
    return this.compose(record, scored, performance.now() - start);
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

  private async compose(
    record: FeatureRecord,
    { map, rawScore }: TimedScore,
    ms: number,
  ): Promise<ScoreRecord> {
    const { features: _, encoder: __, input_size: ___, ...known } = record;
    const limits = withOverrides(limitsOf(this.manifest.calibration, record.class), this.options.overrides);
    return {
      ...known,
      type: 'score',
      model: this.manifest.model,
      raw_score: rawScore,
      score: calibratedScore(rawScore, limits),
      threshold: limits.threshold,
      verdict: verdictOf(rawScore, limits),
      map: await this.mapReference(map),
      map_threshold: limits.mapThreshold,
      ms: Math.round(ms * 100) / 100,
    };
  }

  private async mapReference(map: Float32Array): Promise<TensorRef> {
    const side = this.manifest.map_size;
    const { maps } = this.options;
    if (maps === undefined) return inlineTensor(map, [side, side]);
    const file = join(maps, `${String(this.written++).padStart(6, '0')}.npy`);
    const bytes = formatNpy({ shape: [side, side], data: map });
    if (this.written === 1) {
      await mkdir(maps, { recursive: true }).catch((error) => {
        throw outputFailure(maps, error);
      });
    }
    await writeFileAtomically(file, bytes);
    return fileTensor(file, 'float32', [side, side], bytes.byteLength - map.byteLength);
  }
}
