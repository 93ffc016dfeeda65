import type { FileHandle } from 'node:fs/promises';
import { DataError, MambaadError } from '../errors.js';
import { sizeOf } from '../tensor.js';
import { type StoredTensor, viewBytes } from './element-types.js';
import { inputFailure, shown } from './file-errors.js';
import { refuseForeignFormat } from './foreign-formats.js';
import { bfloatToFloat, halfToFloat } from './half-precision.js';
import { openRegular, readRange } from './regular-file.js';
import { headerLength, parseHeader, type SafetensorsHeader, type TensorEntry } from './safetensors-header.js';

export type { ElementType, StoredTensor, TypedArray } from './element-types.js';
export { formatSafetensors, type NamedTensors, writeSafetensors } from './safetensors-writer.js';

/** Bytes of tensors that are read at once: a file may be a hole of any size on disk. */
const memoryLimit = 2 ** 31;

export interface SafetensorsFile {
  readonly metadata: Record<string, string>;
  readonly tensors: Map<string, StoredTensor>;
}

/**
 * Reads a whole safetensors file. Everything is checked before the data is allocated.
 *
 * @throws DataError for a broken or foreign file (pickle, zip, HDF5 are refused by content), InputMissingError
 */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  const reader = await openSafetensors(path);
  try {
    const tensors = new Map<string, StoredTensor>();
    const bytes = [...reader.entries.values()].reduce((sum, { start, end }) => sum + end - start, 0);
    if (bytes > memoryLimit) throw tooLarge(path, bytes);
    for (const name of reader.entries.keys()) tensors.set(name, await reader.read(name));
    return { metadata: reader.metadata, tensors };
  } finally {
    await reader.close();
  }
}

/**
 * `readSafetensors` for bytes in memory; the tensors are views on them where alignment allows it.
 *
 * @param path what error messages call the bytes
 */
export function parseSafetensors(bytes: Uint8Array, path = 'safetensors data'): SafetensorsFile {
  refuseForeignFormat(bytes.subarray(0, 16), path);
  const length = headerLength(bytes.subarray(0, 8), bytes.byteLength, path);
  const { metadata, entries, dataStart } = parseHeader(bytes.subarray(8, 8 + length), bytes.byteLength, path);
  const tensors = new Map<string, StoredTensor>();
  for (const entry of entries) {
    tensors.set(entry.name, stored(entry, bytes.subarray(dataStart + entry.start, dataStart + entry.end)));
  }
  return { metadata, tensors };
}

/** An open safetensors file of which single tensors are read: for caches and models larger than memory. */
export interface SafetensorsReader {
  readonly metadata: Record<string, string>;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** Where the data region begins; an entry's bytes lie at dataStart + start. */
  readonly dataStart: number;
  /** @throws DataError when the file has no such tensor, IoError when it shrank since it was opened */
  read(name: string): Promise<StoredTensor>;
  close(): Promise<void>;
}

/** Opens a file, reads and checks its header only. Close it when done. Errors as `readSafetensors`. */
export async function openSafetensors(path: string): Promise<SafetensorsReader> {
  const file = await openRegular(path, 'a safetensors file');
  try {
    const { metadata, entries, dataStart } = await readHeader(file, path);
    const byName = new Map(entries.map((entry) => [entry.name, entry]));
    return {
      metadata,
      entries: byName,
      dataStart,
      read: (name) => readTensor(file, path, dataStart, byName.get(name), name),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error instanceof MambaadError ? error : inputFailure(path, error, 'a safetensors file');
  }
}

/** Any numeric tensor as float32: a view for F32, a converted copy for the others; BOOL becomes 0 and 1. */
export function toFloat32(tensor: StoredTensor): Float32Array {
  const { dtype, data } = tensor;
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  if (data instanceof Uint16Array) return dtype === 'BF16' ? bfloatToFloat(data) : halfToFloat(data);
  return dtype === 'BOOL' ? Float32Array.from(data, (v) => (v ? 1 : 0)) : Float32Array.from(data);
}

/** A float32 tensor to be written. @throws DataError when the data does not fill the shape */
export function float32Tensor(shape: readonly number[], data: Float32Array): StoredTensor {
  if (sizeOf(shape) !== data.length)
    throw new DataError(`shape [${shape}] does not hold ${data.length} values.`);
  return { dtype: 'F32', shape, data };
}

async function readHeader(file: FileHandle, path: string): Promise<SafetensorsHeader> {
  const { size } = await file.stat();
  const head = await readRange(file, 0, Math.min(16, size), path);
  refuseForeignFormat(head, path);
  const length = headerLength(head.subarray(0, 8), size, path);
  return parseHeader(await readRange(file, 8, length, path), size, path);
}

async function readTensor(
  file: FileHandle,
  path: string,
  dataStart: number,
  entry: TensorEntry | undefined,
  name: string,
): Promise<StoredTensor> {
  if (!entry) throw new DataError(`${shown(path)}: holds no tensor named ${shown(name)}.`);
  if (entry.end - entry.start > memoryLimit) throw tooLarge(path, entry.end - entry.start);
  return stored(entry, await readRange(file, dataStart + entry.start, entry.end - entry.start, path));
}

function tooLarge(path: string, bytes: number): DataError {
  return new DataError(`${shown(path)}: ${bytes} bytes of tensors, at most ${memoryLimit} are read at once.`);
}

function stored(entry: TensorEntry, bytes: Uint8Array): StoredTensor {
  return { dtype: entry.dtype, shape: entry.shape, data: viewBytes(entry.dtype, bytes) };
}
