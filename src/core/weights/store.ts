import fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { DataError, UnavailableError } from '../errors.js';
import { errnoOf } from '../files/file-errors.js';
import { float32Tensor, openSafetensors, readSafetensors, writeSafetensors } from '../files/safetensors.js';
import { ownFolderFailure } from '../home-folder.js';
import type { EncoderNetwork } from '../models/encoders/encoder-network.js';
import { checkTensors } from '../models/encoders/frozen-encoder.js';
import { encoderNetworks } from '../models/encoders/networks.js';
import type { HostTensor } from '../tensor.js';
import { dataFolder, encoderWeightsPath } from './data-folder.js';
import type { TensorSource } from './tensor-source.js';

/** What comes before the names when an encoder is part of a larger checkpoint. */
const prefixes = ['', 'net_t.', 'module.', 'module.net_t.', 'model.', 'backbone.'];

/** An encoder and whether its weights are here. */
export interface WeightsListing {
  readonly name: string;
  readonly path: string;
  readonly present: boolean;
  /** Size of the file in bytes. */
  readonly bytes?: number;
  /** Where they were taken from. */
  readonly source?: string;
}

/** Every encoder, in the order of preference, with the state of its weights. */
export async function listWeights({ dir = dataFolder() } = {}): Promise<WeightsListing[]> {
  return Promise.all(
    encoderNetworks.map(async ({ name }) => {
      const path = encoderWeightsPath(name, dir);
      const stat = await fs.stat(path).catch(() => null);
      if (!stat) return { name, path, present: false };
      const { source } = await metadataOf(path);
      return { name, path, present: true, bytes: stat.size, ...(source !== undefined && { source }) };
    }),
  );
}

/**
 * The weights of an encoder as its checkpoint has them.
 *
 * @throws UnavailableError when they were never fetched, with the command that does it
 * @throws DataError when the file is broken or another network's
 */
export async function loadWeights(
  network: EncoderNetwork,
  dir: string = dataFolder(),
): Promise<Map<string, HostTensor>> {
  const path = encoderWeightsPath(network.name, dir);
  if (!(await isThere(path))) {
    throw new UnavailableError(
      `encoder ${network.name}: no weights at ${path}; run "mambaad weights pull ${network.name}"`,
    );
  }
  const { tensors } = await readSafetensors(path);
  checkTensors(network, tensors, path);
  return new Map(
    network.parameters.map(({ name, shape }) => [name, { shape, data: float32(tensors.get(name)!, path) }]),
  );
}

/**
 * Writes an encoder's tensors, picked out of a larger source, to its file.
 *
 * @param origin where they come from, kept in the file
 * @returns path of the file
 */
export async function storeWeights(
  network: EncoderNetwork,
  source: TensorSource,
  origin: string,
  dir: string,
): Promise<string> {
  const prefix = usualPrefix(network, source);
  checkTensors(network, namedShapes(source, prefix), origin);
  const tensors = new Map<string, ReturnType<typeof float32Tensor>>();
  for (const { name, shape } of network.parameters) {
    tensors.set(name, float32Tensor(shape, await source.read(prefix + name)));
  }
  const path = encoderWeightsPath(network.name, dir);
  await makeFolder(dirname(path));
  await writeSafetensors(path, tensors, { encoder: network.name, source: origin });
  return path;
}

/** The first known encoder whose tensors, under any usual prefix, are all in the source. */
export function recogniseNetwork(source: TensorSource): EncoderNetwork | undefined {
  return encoderNetworks.find((network) => prefixes.some((prefix) => fits(network, source, prefix)));
}

/** @throws OutputError, IoError */
export async function makeFolder(folder: string): Promise<void> {
  await fs.mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw ownFolderFailure(folder, error, 'set MAMBAAD_HOME');
  });
}

/** The prefix under which most of the network's names are found. */
function usualPrefix({ parameters }: EncoderNetwork, { shapes }: TensorSource): string {
  const found = prefixes.map((prefix) => parameters.filter(({ name }) => shapes.has(prefix + name)).length);
  return prefixes[found.indexOf(Math.max(...found))]!;
}

function fits({ parameters }: EncoderNetwork, { shapes }: TensorSource, prefix: string): boolean {
  return parameters.every(({ name, shape }) => shapes.get(prefix + name)?.join() === shape.join());
}

function namedShapes({ shapes }: TensorSource, prefix: string): Map<string, { shape: readonly number[] }> {
  const own = [...shapes].filter(([name]) => name.startsWith(prefix));
  return new Map(own.map(([name, shape]) => [name.slice(prefix.length), { shape }]));
}

async function metadataOf(path: string): Promise<Record<string, string>> {
  const reader = await openSafetensors(path);
  await reader.close();
  return reader.metadata;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await fs.stat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}

function float32({ data }: { data: unknown }, path: string): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new DataError(`${path}: holds tensors that are not float32; import the weights again`);
}
