import { readDataset } from '../data/layouts/read-dataset.js';
import { DataError } from '../errors.js';
import { openModelEncoder } from '../models/encoders/model-encoder.js';
import type { LoadedModel } from '../models/model-folder.js';
import { openEngine } from '../runtime/engine.js';
import { openOnnxRunner, openTfjsRunner } from './exported-runner.js';
import { exportParity, halfParityBounds, type Parity, parityBounds } from './parity.js';
import { spreadImages } from './spread-images.js';

export interface ProofOptions {
  /** Folder or file. */
  images: string;
  /** Images to compare on at most. */
  limit: number;
  /** Whether the weights were rounded to float16. */
  half: boolean;
  /** What errors call the export. */
  name: string;
  /** Called with the number of images when they are known. */
  onStart?: (images: number) => void;
  onImage?: () => void;
}

/**
 * Runs an export beside its model on images that stand for all classes, good and bad.
 *
 * @throws DataError when maps, scores or verdicts differ, or there is no image; UnavailableError without what runs it
 */
export async function proveExport(
  model: LoadedModel,
  place: string,
  format: 'onnx' | 'tfjs',
  { images, limit, half, name, onStart, onImage }: ProofOptions,
): Promise<Parity> {
  const chosen = await spreadImages(readDataset(images, 'auto'), limit);
  if (chosen.length === 0) throw new DataError(`${images}: no image to compare the export on`);
  onStart?.(chosen.length);
  const engine = await openEngine('auto');
  const encoder = await openModelEncoder(model.manifest);
  const open = format === 'tfjs' ? openTfjsRunner : openOnnxRunner;
  const runner = await open(place, model.manifest);
  const bounds = half ? halfParityBounds : parityBounds;
  try {
    const parity = await exportParity(runner, model, encoder, chosen, {
      bounds,
      ...(onImage && { onImage }),
    });
    if (parity.ok) return parity;
    const verdicts = parity.verdicts_equal ? 'verdicts equal' : 'verdicts differ';
    const advice = half ? 'export without --half' : 'report this';
    throw new DataError(
      `${name}: the export is not the same model (map ${parity.map_max_abs}, score ${parity.score_max_abs}; bounds ${bounds.map}, ${bounds.score}; ${verdicts}) and was not kept; ${advice}`,
    );
  } finally {
    await runner.dispose();
    encoder.dispose();
    engine.close();
  }
}
