import { DataError } from '../errors.js';
import { sizeOf } from '../tensor.js';
import { writeAtomically, writeFully } from './atomic.js';
import { bytesOf, bytesPerElement, type StoredTensor } from './element-types.js';
import { shown } from './file-errors.js';
import { headerLimit } from './safetensors-header.js';

export type NamedTensors = ReadonlyMap<string, StoredTensor> | Readonly<Record<string, StoredTensor>>;

/**
 * Writes a safetensors file atomically. Equal contents give equal bytes: tensors lie widest type first, then by name
 * (so that every one is aligned), metadata is sorted, the header is padded to eight bytes.
 *
 * @param options durable false: see `writeAtomically`
 * @throws DataError when a tensor's data does not fill its shape; IoError, OutputError as `writeAtomically`
 */
export async function writeSafetensors(
  path: string,
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
  { durable = true } = {},
): Promise<void> {
  const { header, ordered, bytes } = layOut(tensors, metadata, path);
  await writeAtomically(
    path,
    async (file) => {
      await writeFully(file, header);
      for (const tensor of ordered) await writeFully(file, bytesOf(tensor.data));
    },
    bytes,
    durable,
  );
}

/** The bytes that `writeSafetensors` would write. */
export function formatSafetensors(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { header, ordered, bytes } = layOut(tensors, metadata, 'safetensors data');
  const out = new Uint8Array(bytes);
  out.set(header);
  let at = header.byteLength;
  for (const { data } of ordered) {
    out.set(bytesOf(data), at);
    at += data.byteLength;
  }
  return out;
}

function layOut(tensors: NamedTensors, metadata: Readonly<Record<string, string>>, path: string) {
  const named = tensors instanceof Map ? [...tensors] : Object.entries(tensors);
  named.sort(([a, x], [b, y]) => bytesPerElement(y.dtype) - bytesPerElement(x.dtype) || compare(a, b));
  const fields: string[] = [];
  if (Object.keys(metadata).length > 0) {
    const sorted = Object.entries(metadata).sort(([a], [b]) => compare(a, b));
    fields.push(
      `"__metadata__":{${sorted.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`)}}`,
    );
  }
  let at = 0;
  for (const [name, tensor] of named) {
    check(name, tensor, path);
    const { dtype, shape, data } = tensor;
    const entry = { dtype, shape, data_offsets: [at, at + data.byteLength] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    at += data.byteLength;
  }
  const header = withLength(`{${fields.join(',')}}`, path);
  return { header, ordered: named.map(([, tensor]) => tensor), bytes: header.byteLength + at };
}

function withLength(json: string, path: string): Uint8Array {
  const text = Buffer.from(json);
  const padded = Math.ceil(text.byteLength / 8) * 8;
  if (padded > headerLimit)
    throw new DataError(`${shown(path)}: a header of ${padded} bytes exceeds ${headerLimit}.`);
  const bytes = Buffer.alloc(8 + padded, ' ');
  bytes.writeBigUInt64LE(BigInt(padded));
  text.copy(bytes, 8);
  return bytes;
}

function check(name: string, { dtype, shape, data }: StoredTensor, path: string): void {
  if (name === '__metadata__') throw new DataError(`${shown(path)}: a tensor cannot be named __metadata__.`);
  const needed = sizeOf(shape) * bytesPerElement(dtype);
  if (data.byteLength !== needed) {
    throw new DataError(
      `${shown(path)}: tensor ${shown(name)}: shape [${shape}] of ${dtype} needs ${needed} bytes, its data has ${data.byteLength}.`,
    );
  }
}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
