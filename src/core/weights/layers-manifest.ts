import { z } from 'zod';
import { DataError } from '../errors.js';
import { shown } from '../files/file-errors.js';

const group = z.looseObject({
  paths: z.array(z.string()).max(10_000),
  weights: z
    .array(
      z.looseObject({
        name: z.string(),
        shape: z.array(z.int().nonnegative()).max(16),
        dtype: z.string(),
        quantization: z.unknown().optional(),
      }),
    )
    .max(100_000),
});
const layersModel = z.looseObject({ weightsManifest: z.array(group).max(10_000) });

/** Tensors, and the shards that hold them one after the other. */
export type ManifestGroup = z.infer<typeof group>;

/**
 * The weights manifest of a TensorFlow.js `model.json`.
 *
 * @param path for messages
 * @throws DataError when it is not one
 */
export function parseLayersManifest(json: Uint8Array, path: string): ManifestGroup[] {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(json).toString('utf8'));
  } catch (error) {
    throw new DataError(`${shown(path)}: is not JSON (${shown((error as Error).message)})`, { cause: error });
  }
  const checked = layersModel.safeParse(value);
  if (checked.success) return checked.data.weightsManifest;
  if (typeof value !== 'object' || value === null || !('weightsManifest' in value)) {
    throw new DataError(`${shown(path)}: has no "weightsManifest"; expected a TensorFlow.js layers model`);
  }
  const [issue] = checked.error.issues;
  throw new DataError(`${shown(path)}: ${shown(issue!.path.join('.'))}: ${shown(issue!.message)}`);
}
