export type TypedArray = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint16Array | Uint8Array;

/** Element types of safetensors files that we read. F16 and BF16 are held as their 16 bits. */
export type ElementType = 'F32' | 'F16' | 'BF16' | 'F64' | 'I64' | 'I32' | 'U8' | 'BOOL';

/** A tensor as the file holds it, row-major; F16 and BF16 as their bits (`toFloat32` decodes them). */
export interface StoredTensor {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

interface Storage {
  readonly bytes: number;
  view(buffer: ArrayBufferLike, offset: number, length: number): TypedArray;
}

const storage: Record<ElementType, Storage> = {
  F32: { bytes: 4, view: (b, o, n) => new Float32Array(b, o, n) },
  F16: { bytes: 2, view: (b, o, n) => new Uint16Array(b, o, n) },
  BF16: { bytes: 2, view: (b, o, n) => new Uint16Array(b, o, n) },
  F64: { bytes: 8, view: (b, o, n) => new Float64Array(b, o, n) },
  I64: { bytes: 8, view: (b, o, n) => new BigInt64Array(b, o, n) },
  I32: { bytes: 4, view: (b, o, n) => new Int32Array(b, o, n) },
  U8: { bytes: 1, view: (b, o, n) => new Uint8Array(b, o, n) },
  BOOL: { bytes: 1, view: (b, o, n) => new Uint8Array(b, o, n) },
};

export function isElementType(name: string): name is ElementType {
  return Object.hasOwn(storage, name);
}

export function bytesPerElement(type: ElementType): number {
  return storage[type].bytes;
}

/** Little-endian bytes as numbers: a view where the address allows it, a copy where it does not. */
export function viewBytes(type: ElementType, bytes: Uint8Array): TypedArray {
  const { bytes: width, view } = storage[type];
  const aligned = bytes.byteOffset % width === 0 ? bytes : Uint8Array.from(bytes);
  return view(aligned.buffer, aligned.byteOffset, aligned.byteLength / width);
}

/** The bytes behind numbers, without a copy. */
export function bytesOf(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
