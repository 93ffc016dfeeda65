import { type Evaluation, Evaluator } from '../metrics/evaluate.js';
import type { Protocol } from '../metrics/pixel-metrics.js';
import { scoredImage } from '../metrics/scored-record.js';
import type { LoadedModel } from '../models/model-folder.js';
import type { FeatureRecord, ScoreRecord } from '../records/schemas.js';
import { assembleScoringCrew } from '../scoring/crew.js';
import { RecordScorer } from '../scoring/record-scorer.js';

export interface EvaluationOptions {
  engine: string;
  threads: number;
  protocol: Protocol;
  /** Points per curve, for reports; none by default. */
  curvePoints?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Called with every score record, in order. */
  onScore?: ((record: ScoreRecord) => void) | undefined;
}

/**
 * Scores labelled images with a model and measures it.
 *
 * @throws DataError when the features are another encoder's than the model's; what scoring throws
 */
export async function evaluateModel(
  { manifest, block }: LoadedModel,
  images: AsyncIterable<FeatureRecord>,
  options: EvaluationOptions,
): Promise<Evaluation> {
  const { engine, threads, protocol, curvePoints, signal, onScore } = options;
  const crew = await assembleScoringCrew({ threads, engine }, manifest, block);
  const scorer = new RecordScorer(manifest, crew, { overrides: {} });
  const evaluator = new Evaluator({ protocol, ...(curvePoints && { curvePoints }) });
  const score = async (group: readonly FeatureRecord[]) => {
    signal?.throwIfAborted();
    for (const record of await Promise.all(group.map((image) => scorer.score(image)))) {
      evaluator.add(await scoredImage(record));
      onScore?.(record);
    }
  };
  try {
    let group: FeatureRecord[] = [];
    for await (const image of images) {
      group.push(image);
      if (group.length < crew.size) continue;
      await score(group);
      group = [];
    }
    await score(group);
  } finally {
    await crew.close();
  }
  return evaluator.finish();
}
