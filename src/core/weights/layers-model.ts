import fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataError } from '../errors.js';
import { inputFailure } from '../files/file-errors.js';
import { type HostTensor, sizeOf } from '../tensor.js';

interface ManifestGroup {
  paths: string[];
  weights: { name: string; shape: number[]; dtype: string; quantization?: unknown }[];
}

/**
 * The tensors of a TensorFlow.js layers model (`model.json` and its shards).
 *
 * @throws DataError when the manifest or a shard is broken, InputMissingError when one is absent
 */
export async function readLayersModel(modelJson: string): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>();
  for (const group of await readManifest(modelJson)) {
    const bytes = await readShards(modelJson, group.paths);
    let offset = 0;
    for (const { name, shape, dtype, quantization } of group.weights) {
      if (dtype !== 'float32' || quantization) {
        throw new DataError(`${modelJson}: tensor ${name} is ${dtype}, expected plain float32`);
      }
      const length = 4 * sizeOf(shape);
      if (offset + length > bytes.byteLength) {
        throw new DataError(`${modelJson}: its shards end before tensor ${name}; fetch them again`);
      }
      // A copy: so that the 100 MB of shards can be freed.
      tensors.set(name, { shape, data: new Float32Array(bytes.buffer.slice(offset, offset + length)) });
      offset += length;
    }
  }
  return tensors;
}

async function readManifest(modelJson: string): Promise<ManifestGroup[]> {
  const text = await fs.readFile(modelJson, 'utf8').catch((error: unknown) => {
    throw inputFailure(modelJson, error, "a TensorFlow.js model's model.json");
  });
  try {
    const { weightsManifest } = JSON.parse(text) as { weightsManifest?: ManifestGroup[] };
    if (Array.isArray(weightsManifest)) return weightsManifest;
  } catch (error) {
    throw new DataError(`${modelJson}: is not JSON (${(error as Error).message})`, { cause: error });
  }
  throw new DataError(`${modelJson}: has no "weightsManifest"; expected a TensorFlow.js layers model`);
}

async function readShards(
  modelJson: string,
  paths: readonly string[],
): Promise<{ buffer: ArrayBuffer; byteLength: number }> {
  const shards: Buffer[] = [];
  for (const path of paths) {
    const file = join(dirname(modelJson), path);
    shards.push(
      await fs.readFile(file).catch((error: unknown) => {
        throw inputFailure(file, error, 'a shard of the model beside it');
      }),
    );
  }
  const all = new Uint8Array(shards.reduce((sum, shard) => sum + shard.byteLength, 0));
  let at = 0;
  for (const shard of shards) {
    all.set(shard, at);
    at += shard.byteLength;
  }
  return all;
}
