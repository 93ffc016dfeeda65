import { DataError } from '../errors.js';
import type { LoadedModel } from '../models/model-folder.js';
import type { FeatureRecord, ImageRecord, ScoreRecord } from '../records/schemas.js';
import { assembleScoringCrew, type CrewOptions, type ScoringCrew } from './crew.js';
import { EncoderOnDemand } from './encoder-on-demand.js';
import { openFeatureCrew, openPictureCrew } from './exported-crew.js';
import type { ExportedModel } from './exported-model.js';
import { PictureScorer } from './picture-scorer.js';
import { RecordScorer, type ScoringManifest } from './record-scorer.js';
import type { ScoreOptions } from './score-composer.js';

type Record = ImageRecord | FeatureRecord;

/** Scores records of images and of features, whatever kind of model is behind it. */
export interface Scorer {
  /** How many records are worth having in flight. */
  readonly size: number;
  score(record: Record): Promise<ScoreRecord>;
  close(): Promise<void>;
}

export interface ScorerOptions extends ScoreOptions {
  signal: AbortSignal;
}

/** A model folder's detector. Errors as `assembleScoringCrew`. */
export async function openFolderScorer(
  { manifest, block }: LoadedModel,
  means: CrewOptions,
  options: ScorerOptions,
): Promise<Scorer> {
  return withEncoder(manifest, await assembleScoringCrew(means, manifest, block), options);
}

/** An exported ONNX file. Errors as `openPictureCrew`. */
export async function openFileScorer(
  model: ExportedModel,
  threads: number,
  options: ScorerOptions,
): Promise<Scorer> {
  if (model.takes === 'features') {
    return withEncoder(model.manifest, await openFeatureCrew(model, threads), options);
  }
  const crew = await openPictureCrew(model, threads);
  const scorer = new PictureScorer(model.manifest, crew, options);
  const score = async (record: Record) => {
    if (record.type === 'image') return scorer.score(record as ImageRecord);
    throw new DataError(
      `${record.path}: a feature record, but ${model.path} has its encoder inside and takes image records; leave "extract" out of the pipe, or export --without-preprocess`,
    );
  };
  return {
    size: crew.size,
    score,
    close: () => crew.close(),
  };
}

function withEncoder(manifest: ScoringManifest, crew: ScoringCrew, options: ScorerOptions): Scorer {
  const encoder = new EncoderOnDemand(manifest, options.signal);
  const scorer = new RecordScorer(manifest, crew, options);
  return {
    size: crew.size,
    score: async (record) =>
      scorer.score(record.type === 'image' ? await encoder.encode(record as ImageRecord) : record),
    async close() {
      await crew.close();
      await encoder.dispose();
    },
  };
}
