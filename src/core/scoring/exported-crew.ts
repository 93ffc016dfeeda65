import { DataError } from '../errors.js';
import { detectorNames } from '../export/onnx/detector-graph.js';
import { type OnnxSession, openSession, type SessionTensor } from '../runtime/onnxruntime.js';
import type { ScoringCrew, TimedScore } from './crew.js';
import type { ExportedModel } from './exported-model.js';

/** Takes decoded pictures straight to maps and scores. */
export interface PictureCrew {
  /** How many pictures are worth having in flight. */
  readonly size: number;
  /** @param pixels RGB bytes `[H·W·3]` at the model's input size */
  score(pixels: Uint8Array): Promise<TimedScore>;
  close(): Promise<void>;
}

/**
 * Runs a file with preprocessing inside, `threads` pictures at a time on one thread each: the scans inside do not gain
 * from several.
 *
 * @throws UnavailableError without onnxruntime; DataError when onnxruntime cannot load the file
 */
export async function openPictureCrew(model: ExportedModel, threads: number): Promise<PictureCrew> {
  const session = await load(model);
  const [width, height] = model.manifest.input_size;
  return {
    size: threads,
    score: (data) => run(session, { [detectorNames.images]: { shape: [1, height, width, 3], data } }),
    close: () => session.dispose(),
  };
}

/** Runs a file without preprocessing. Otherwise as `openPictureCrew`. */
export async function openFeatureCrew(model: ExportedModel, threads: number): Promise<ScoringCrew> {
  const session = await load(model);
  const shapes = model.manifest.features;
  return {
    size: threads,
    score: (features) => run(session, featureTensors(features, shapes)),
    close: () => session.dispose(),
  };
}

function featureTensors(
  features: readonly Float32Array[],
  shapes: readonly (readonly number[])[],
): Record<string, SessionTensor> {
  const tensors = features.map(
    (data, scale) => [detectorNames.features(scale), { shape: [1, ...shapes[scale]!], data }] as const,
  );
  return Object.fromEntries(tensors);
}

function load({ bytes, path }: ExportedModel): Promise<OnnxSession> {
  return openSession(bytes, { threads: 1 }).catch((error: unknown) => {
    if (!(error instanceof Error) || error.name === 'UnavailableError') throw error;
    const [line] = error.message.split('\n');
    throw new DataError(`${path}: onnxruntime cannot load it (${line}); export it again`, { cause: error });
  });
}

async function run(session: OnnxSession, inputs: Record<string, SessionTensor>): Promise<TimedScore> {
  const start = performance.now();
  const outputs = await session.run(inputs);
  const map = outputs[detectorNames.map]!.data as Float32Array;
  return { map, rawScore: outputs[detectorNames.rawScore]!.data[0]!, ms: performance.now() - start };
}
