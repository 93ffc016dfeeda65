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
import type { ImageRecord, ScoreRecord, TensorRef } from '../records/schemas.js';
import { fileTensor, inlineTensor } from '../records/tensor-ref.js';
import type { Scored } from './detector.js';

/** What a record says of its picture; unknown keys travel on. */
type Known = Pick<ImageRecord, 'v' | 'path' | 'class'> & Record<string, unknown>;

export interface ScoreOptions {
  overrides: LimitOverrides;
  /** Folder that takes the maps as .npy files; inline when absent. */
  maps?: string | undefined;
  /** Told in a line of an image that the model may not be made for. */
  onDoubt?: (text: string) => void;
}

/** Makes score records of maps and raw scores. */
export class ScoreComposer {
  private written = 0;

  constructor(
    private readonly manifest: Pick<ModelManifest, 'model' | 'calibration' | 'map_size'>,
    private readonly options: ScoreOptions,
  ) {}

  /**
   * @param known what the record says of its picture
   * @param ms wall time of the picture
   * @throws DataError when the score is not finite
   */
  async compose(known: Known, { map, rawScore }: Scored, ms: number): Promise<ScoreRecord> {
    if (!Number.isFinite(rawScore)) {
      throw new DataError(
        `${known.path}: the score is ${rawScore}; the features or the model's weights are not finite`,
      );
    }
    const limits = withOverrides(limitsOf(this.manifest.calibration, known.class), this.options.overrides);
    return {
      ...known,
      type: 'score',
      model: this.manifest.model,
      raw_score: rawScore,
      score: calibratedScore(rawScore, limits),
      threshold: limits.threshold,
      verdict: verdictOf(rawScore, limits),
      limits: limits.source,
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
