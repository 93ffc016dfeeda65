import { writeFileAtomically } from '../files/atomic.js';
import { float32Tensor, formatSafetensors } from '../files/safetensors.js';
import type { LoadedModel } from '../models/model-folder.js';

/**
 * Writes a model as one safetensors file: tensors under the published checkpoint's names and layouts, and the full
 * description (network config, encoder, feature scale, calibration, classes) as JSON in its metadata.
 *
 * @returns size of the file in bytes
 */
export async function exportSafetensors({ manifest, block }: LoadedModel, path: string): Promise<number> {
  const tensors = [...block.toDisk()].map(
    ([name, { shape, data }]) => [name, float32Tensor(shape, data)] as const,
  );
  const metadata = { format: 'pt', mambaad: JSON.stringify(manifest) };
  const bytes = formatSafetensors(new Map(tensors), metadata);
  await writeFileAtomically(path, bytes);
  return bytes.byteLength;
}
