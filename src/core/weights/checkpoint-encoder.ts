import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { DataError } from '../errors.js';
import { type StoredTensor, toFloat32 } from '../files/safetensors.js';
import type { FrozenEncoder } from '../models/encoders/frozen-encoder.js';
import { encoderNetwork } from '../models/encoders/networks.js';
import { loadFrozenEncoder } from '../models/encoders/open-encoder.js';
import { encoderWeightsPath } from './data-folder.js';
import { loadWeights, storeWeights } from './store.js';

interface Wanted {
  name: string;
  channels: readonly number[];
  /** Of the images, in pixels. */
  side: number;
  dir: string;
  /** The checkpoint. */
  file: string;
}

/**
 * The encoder that a checkpoint's detector was trained on. When the checkpoint brings its teacher along and this
 * machine has no such encoder, the teacher is kept as the encoder's weights.
 *
 * @param teacher the checkpoint's tensors of it; may be empty
 * @throws DataError when the teacher is not the encoder here; UnavailableError when there is neither
 */
export async function checkpointEncoder(
  teacher: ReadonlyMap<string, StoredTensor>,
  { name, channels, side, dir, file }: Wanted,
): Promise<{ name: string; hash: string; outputs: FrozenEncoder['outputs']; stored: boolean }> {
  const network = encoderNetwork(name);
  const isHere = await stat(encoderWeightsPath(name, dir)).then(
    () => true,
    () => false,
  );
  const stored = teacher.size > 0 && !isHere;
  if (stored) {
    const shapes = new Map([...teacher].map(([tensor, { shape }]) => [tensor, shape] as const));
    const read = async (tensor: string) => toFloat32(teacher.get(tensor)!);
    await storeWeights(network, { shapes, read, close: async () => {} }, basename(file), dir);
  } else if (teacher.size > 0) {
    await checkSame(teacher, name, dir, file);
  }
  const encoder = await loadFrozenEncoder(name, { weightsDir: dir, channels, inputSize: [side, side] });
  return { name, hash: encoder.hash, outputs: encoder.outputs, stored };
}

async function checkSame(
  teacher: ReadonlyMap<string, StoredTensor>,
  name: string,
  dir: string,
  file: string,
): Promise<void> {
  for (const [tensor, { data }] of await loadWeights(encoderNetwork(name), dir)) {
    const theirs = teacher.get(tensor);
    const values = theirs && toFloat32(theirs);
    if (values && values.length === data.length && values.every((value, i) => value === data[i])) continue;
    throw new DataError(
      `${file}: its teacher (net_t.${tensor}) is not the ${name} on this machine; "mambaad weights import ${file} --as ${name}" puts the checkpoint's in its place`,
    );
  }
}
