import { readFile } from 'node:fs/promises';
import type { ModelManifest } from '../models/model-folder.js';
import { openSession, type SessionTensor } from '../runtime/onnxruntime.js';
import { WorkerPool } from '../runtime/worker-pool.js';
import type { Scored } from '../scoring/detector.js';
import { detectorNames } from './onnx/detector-graph.js';

/** One picture in both forms that an export may take. */
export interface Picture {
  /** RGB bytes `[H·W·3]` at the model's input size. */
  pixels: Uint8Array;
  /** The encoder's maps, fine to coarse. */
  features: readonly Float32Array[];
}

/** An exported model as those who receive it run it. */
export interface ExportedRunner {
  run(picture: Picture): Promise<Scored>;
  dispose(): Promise<void>;
}

type Shapes = Pick<ModelManifest, 'input_size' | 'features'>;

/** An ONNX file in onnxruntime. @throws UnavailableError without onnxruntime */
export async function openOnnxRunner(path: string, shapes: Shapes): Promise<ExportedRunner> {
  const session = await openSession(await readFile(path));
  return {
    async run(picture) {
      const outputs = await session.run(inputsOf(picture, shapes, session.inputNames));
      const map = outputs[detectorNames.map]!.data as Float32Array;
      return { map, rawScore: outputs[detectorNames.rawScore]!.data[0]! };
    },
    dispose: () => session.dispose(),
  };
}

/** A graph model's folder in TensorFlow.js as npm gives it: in a thread of its own, where our kernels are not. */
export async function openTfjsRunner(folder: string, shapes: Shapes): Promise<ExportedRunner> {
  const pool = new WorkerPool(new URL('./tfjs/plain-worker.js', import.meta.url), 1);
  const names = await pool.call<string[]>(0, 'open', folder);
  return {
    run: (picture) => pool.call<Scored>(0, 'run', inputsOf(picture, shapes, names)),
    dispose: () => pool.close(),
  };
}

function inputsOf(
  { pixels, features }: Picture,
  { input_size: [width, height], features: maps }: Shapes,
  names: readonly string[],
): Record<string, SessionTensor> {
  if (names.includes(detectorNames.images)) {
    return { [detectorNames.images]: { shape: [1, height, width, 3], data: pixels } };
  }
  const inputs = features.map(
    (data, scale) => [detectorNames.features(scale), { shape: [1, ...maps[scale]!], data }] as const,
  );
  return Object.fromEntries(inputs);
}
