import { resolve } from 'node:path';
import { DataError } from '../errors.js';
import { inputFailure, shown } from '../files/file-errors.js';
import { openRegular, readRange } from '../files/regular-file.js';
import { sizeOf } from '../tensor.js';
import type { TensorRef } from './schemas.js';

/** Arrays a tensor reference can carry; a Uint16Array holds the bits of float16. */
export type TensorArray = Float32Array | Uint8Array | Int32Array | Uint16Array;

/** What resolving gives: float16 comes out as float32. */
export type ResolvedArray = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

type WireType = TensorRef['dtype'];

const bytesPerElement: Record<WireType, number> = { float32: 4, float16: 2, uint8: 1, int32: 4 };

/** Beyond this a reference is a mistake or an attack, not a feature map. */
const MAX_TENSOR_BYTES = 1024 ** 3;

/** A tensor inside the record: base64 of the little-endian bytes. */
export function inlineTensor(data: TensorArray, shape: readonly number[]): TensorRef {
  checkLength(data, shape);
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { dtype: dtypeOf(data), shape: [...shape], data: bytes.toString('base64') };
}

/** A tensor whose raw little-endian bytes lie in a file, from `offset` on; .npy and .safetensors files included. */
export function fileTensor(
  file: string,
  dtype: WireType,
  shape: readonly number[],
  offset: number,
): TensorRef {
  return { dtype, shape: [...shape], file, offset };
}

/**
 * Fetches the elements a reference points at, row-major in the reference's shape.
 * @param baseDir folder that a relative `file` is resolved against
 * @throws DataError when bytes and shape disagree, InputMissingError when the file cannot be read
 */
export async function resolveTensor(ref: TensorRef, baseDir: string): Promise<ResolvedArray> {
  const length = byteLengthOf(ref);
  const bytes = 'data' in ref ? decodeInline(ref.data, length, ref) : await readFile(ref, length, baseDir);
  switch (ref.dtype) {
    case 'float32':
      return new Float32Array(bytes.buffer);
    case 'int32':
      return new Int32Array(bytes.buffer);
    case 'float16':
      return widenHalf(new Uint16Array(bytes.buffer));
    case 'uint8':
      return bytes;
  }
}

/** Like `resolveTensor`, for those who need float32: feature maps and anomaly maps. */
export async function resolveFloats(ref: TensorRef, baseDir: string): Promise<Float32Array<ArrayBuffer>> {
  const data = await resolveTensor(ref, baseDir);
  if (data instanceof Float32Array) return data;
  throw new DataError(`a ${ref.dtype} tensor [${ref.shape}] where float32 or float16 was expected`);
}

function dtypeOf(data: TensorArray): WireType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Int32Array) return 'int32';
  return data instanceof Uint16Array ? 'float16' : 'uint8';
}

function checkLength(data: TensorArray, shape: readonly number[]): void {
  if (data.length === sizeOf(shape)) return;
  throw new DataError(`${data.length} elements do not fill a tensor [${shape}], which has ${sizeOf(shape)}`);
}

function byteLengthOf({ shape, dtype }: TensorRef): number {
  // A side of nothing must not hide the others: readers allocate by rows too.
  const largest = shape.reduce((product, side) => product * Math.max(side, 1), bytesPerElement[dtype]);
  if (largest <= MAX_TENSOR_BYTES) return sizeOf(shape) * bytesPerElement[dtype];
  throw new DataError(`${dtype} tensor [${shape}]: larger than ${MAX_TENSOR_BYTES} bytes`);
}

function decodeInline(data: string, length: number, ref: TensorRef): Uint8Array<ArrayBuffer> {
  // Decoded into memory of its own: Buffer's pool hands out slices that no Float32Array can start at.
  const bytes = Buffer.from(new ArrayBuffer(length));
  const decoded = Buffer.byteLength(data, 'base64');
  if (decoded !== length || bytes.write(data, 'base64') !== length) {
    throw new DataError(
      `inline ${ref.dtype} tensor [${ref.shape}]: ${length} bytes expected, ${decoded} found`,
    );
  }
  return new Uint8Array(bytes.buffer);
}

async function readFile(
  ref: Extract<TensorRef, { file: string }>,
  length: number,
  baseDir: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = resolve(baseDir, ref.file);
  // A schema default; a reference made by hand may lack it.
  const offset = ref.offset ?? 0;
  if (ref.file.includes('\0')) throw inputFailure(ref.file, undefined, "the tensor's file");
  const file = await openRegular(path, "a tensor's file (was the cache cleared?)");
  try {
    const { size } = await file.stat();
    if (offset + length > size) {
      throw new DataError(
        `${shown(path)}: has ${size} bytes, tensor [${ref.shape}] needs ${length} from byte ${offset}`,
      );
    }
    return await readRange(file, offset, length, path);
  } finally {
    await file.close();
  }
}

/** IEEE 754 binary16 to binary32. */
function widenHalf(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = halfToNumber(bits[i]!);
  return values;
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
