import { DataError } from '../errors.js';
import { bytesPerElement, type ElementType, isElementType } from './element-types.js';
import { shown } from './file-errors.js';
import { duplicateKey } from './json-keys.js';

/** Headers beyond this are refused: real ones hold some hundred bytes a tensor. */
export const headerLimit = 10_000_000;

export interface TensorEntry {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /** Bytes from the start of the data region. */
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: Record<string, string>;
  /** In the order of their data. */
  readonly entries: readonly TensorEntry[];
  /** Where the data region begins in the file. */
  readonly dataStart: number;
}

/**
 * Length of the JSON header that the first eight bytes announce.
 *
 * @throws DataError when the file is too short, or the length exceeds the file or `headerLimit`
 */
export function headerLength(prefix: Uint8Array, fileSize: number, path: string): number {
  if (prefix.byteLength < 8) throw broken(path, `${fileSize} bytes long, too short for a safetensors file`);
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (length > headerLimit)
    throw broken(path, `announces a header of ${length} bytes, at most ${headerLimit} are allowed`);
  if (8 + Number(length) > fileSize) {
    throw broken(
      path,
      `announces a header of ${length} bytes but has only ${fileSize} in all; it is cut off or no safetensors file`,
    );
  }
  return Number(length);
}

/**
 * Reads and checks a header before anything is allocated: names once, types known, sizes equal to shape × type, data
 * regions one after the other without holes, ending where the file ends (so no second file hides inside).
 *
 * @throws DataError naming the tensor at fault
 */
export function parseHeader(json: Uint8Array, fileSize: number, path: string): SafetensorsHeader {
  const header = parseJson(json, path);
  const metadata = new Map<string, string>();
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') entries.push(tensorEntry(name, value, path));
    else for (const [key, text] of metadataEntries(value, path)) metadata.set(key, text);
  }
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  const dataStart = 8 + json.byteLength;
  checkRegions(entries, fileSize - dataStart, path);
  return { metadata: Object.fromEntries(metadata), entries, dataStart };
}

function parseJson(json: Uint8Array, path: string): object {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json);
  } catch {
    throw broken(path, 'the header is not UTF-8');
  }
  if (text[0] !== '{') throw broken(path, 'the header does not begin with "{"');
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw broken(path, 'the header is not JSON');
  }
  if (!isObject(header)) throw broken(path, 'the header is not a JSON object');
  const twice = duplicateKey(text);
  if (twice !== undefined) throw broken(path, `the header names ${shown(twice)} twice`);
  return header;
}

function metadataEntries(value: unknown, path: string): [string, string][] {
  if (!isObject(value)) throw broken(path, '__metadata__ is not an object');
  return Object.entries(value).map(([key, text]) => {
    if (typeof text !== 'string') throw broken(path, `__metadata__.${shown(key)} is not a string`);
    return [key, text];
  });
}

function tensorEntry(name: string, value: unknown, path: string): TensorEntry {
  const fail = (what: string) => broken(path, `tensor ${shown(name)}: ${what}`);
  if (!isObject(value)) throw fail('its entry is not an object');
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (typeof dtype !== 'string') throw fail('dtype is missing');
  if (!isElementType(dtype))
    throw fail(`dtype ${shown(dtype)} is not supported (F32 F16 BF16 F64 I64 I32 U8 BOOL are)`);
  if (!isSizes(shape)) throw fail('shape is not a list of whole numbers');
  if (!isSizes(offsets) || offsets.length !== 2) throw fail('data_offsets is not a pair of whole numbers');
  const [start, end] = offsets as [number, number];
  const bytes = shape.reduce((product, side) => product * side, bytesPerElement(dtype));
  // Beyond 2^53 a product is no longer exact; a zero side must not hide such a shape either.
  const largest = shape.reduce((product, side) => product * Math.max(side, 1), bytesPerElement(dtype));
  if (!Number.isSafeInteger(largest)) throw fail(`shape [${shape}] is too large`);
  if (end - start !== bytes) {
    throw fail(`shape [${shape}] of ${dtype} needs ${bytes} bytes, its data_offsets span ${end - start}`);
  }
  return { name, dtype, shape, start, end };
}

function checkRegions(entries: readonly TensorEntry[], dataBytes: number, path: string): void {
  let expected = 0;
  for (const { name, start, end } of entries) {
    if (start !== expected) {
      const what = start < expected ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw broken(path, `tensor ${shown(name)} ${what} (begins at byte ${start}, expected ${expected})`);
    }
    expected = end;
  }
  if (expected > dataBytes)
    throw broken(path, `cut off: ${dataBytes} bytes of data, the header describes ${expected}`);
  if (expected < dataBytes)
    throw broken(path, `${dataBytes - expected} bytes after the last tensor that no tensor owns`);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function broken(path: string, what: string): DataError {
  return new DataError(`${shown(path)}: ${what}; the file is damaged or not a safetensors file.`);
}
