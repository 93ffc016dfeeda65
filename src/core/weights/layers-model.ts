import { dirname, posix } from 'node:path';
import { DataError } from '../errors.js';
import { confined } from '../files/confined.js';
import { shown } from '../files/file-errors.js';
import { readRegular } from '../files/regular-file.js';
import { type HostTensor, sizeOf } from '../tensor.js';
import type { ManifestGroup } from './layers-manifest.js';

/** A model's files by the names that its manifest gives them. */
interface ModelFiles {
  /** What messages call the `model.json`. */
  readonly path: string;
  json(): Promise<Uint8Array>;
  /** @param limit bytes; a larger shard is refused */
  shard(name: string, limit: number): Promise<Uint8Array>;
}

/** Of the `model.json`. */
const jsonLimit = 1 << 26;
/** Of all shards together. */
const weightsLimit = 2 ** 31;

/**
 * The tensors of a TensorFlow.js layers model (`model.json` and its shards). Shards are files of the model's own
 * folder: what leads out of it is refused before anything is opened.
 *
 * @throws DataError when the manifest or a shard is broken, InputMissingError when one is absent
 */
export function readLayersModel(modelJson: string): Promise<Map<string, HostTensor>> {
  const folder = dirname(modelJson);
  return tensorsOf({
    path: modelJson,
    json: () => readRegular(modelJson, { expected: "a TensorFlow.js model's model.json", limit: jsonLimit }),
    shard: async (name, limit) => {
      const file = await confined(
        folder,
        name,
        modelJson,
        false,
        '; copy the model into a folder of its own',
      );
      return readRegular(file, { expected: 'a shard of the model beside it', limit });
    },
  });
}

/**
 * `readLayersModel` for files in memory.
 *
 * @param files by their paths relative to the model's folder
 * @param path what messages call the `model.json`
 */
export function unpackLayersModel(
  files: ReadonlyMap<string, Uint8Array>,
  path: string,
): Promise<Map<string, HostTensor>> {
  const held = async (name: string) => {
    const bytes = files.get(posix.normalize(name));
    if (bytes) return bytes;
    throw new DataError(`${shown(path)}: ${shown(name)} is not in its folder of the archive`);
  };
  return tensorsOf({ path, json: () => held('model.json'), shard: held });
}

async function tensorsOf(model: ModelFiles): Promise<Map<string, HostTensor>> {
  const { path } = model;
  const tensors = new Map<string, HostTensor>();
  let room = weightsLimit;
  // Only here, because zod takes its time to load.
  const { parseLayersManifest } = await import('./layers-manifest.js');
  for (const group of parseLayersManifest(await model.json(), path)) {
    const bytes = await readShards(model, group, room);
    room -= bytes.byteLength;
    let offset = 0;
    for (const { name, shape, dtype, quantization } of group.weights) {
      if (dtype !== 'float32' || quantization) {
        throw new DataError(
          `${shown(path)}: tensor ${shown(name)} is ${shown(dtype)}, expected plain float32`,
        );
      }
      const length = 4 * sizeOf(shape);
      if (offset + length > bytes.byteLength) {
        throw new DataError(`${shown(path)}: its shards end before tensor ${shown(name)}; fetch them again`);
      }
      // A copy: so that the 100 MB of shards can be freed.
      tensors.set(name, { shape, data: new Float32Array(bytes.buffer.slice(offset, offset + length)) });
      offset += length;
    }
  }
  return tensors;
}

async function readShards(
  model: ModelFiles,
  { paths }: ManifestGroup,
  room: number,
): Promise<Uint8Array<ArrayBuffer>> {
  for (const name of paths) refuseForeign(name, model.path);
  const shards: Uint8Array[] = [];
  let size = 0;
  for (const name of paths) {
    const shard = await model.shard(name, room - size);
    size += shard.byteLength;
    if (size > room)
      throw new DataError(`${shown(model.path)}: its shards have more than ${weightsLimit} bytes in all`);
    shards.push(shard);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const shard of shards) {
    all.set(shard, at);
    at += shard.byteLength;
  }
  return all;
}

/** A shard is a file beside the model or in a folder there: no address, and nothing that another system reads otherwise. */
function refuseForeign(name: string, path: string): void {
  const isUrl = /^[a-z][a-z0-9+.-]*:/i.test(name) || name.startsWith('//');
  if (!isUrl && !name.startsWith('/') && !/(^|\/)\.\.(\/|$)|[\\\0]/.test(name)) return;
  throw new DataError(
    `${shown(path)}: its shard ${shown(name)} ${isUrl ? 'is an address' : 'leads out of its folder'}; only files beside model.json are read`,
  );
}
