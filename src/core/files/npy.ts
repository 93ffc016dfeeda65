import { DataError } from '../errors.js';
import { type HostTensor, sizeOf } from '../tensor.js';
import { writeFileAtomically } from './atomic.js';
import { bytesOf, viewBytes } from './element-types.js';
import { shown } from './file-errors.js';
import { readRegular } from './regular-file.js';

/** A NumPy array file's content: float32 or uint8, C order. */
export type NpyTensor = HostTensor<Float32Array | Uint8Array>;

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const header =
  /^\{\s*'descr':\s*'([^']*)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(((?:\s*\d+\s*,?)*)\)\s*,?\s*\}\s*$/;

/** Reads a .npy file of little-endian float32 or uint8. @throws DataError, InputMissingError */
export async function readNpy(path: string): Promise<NpyTensor> {
  return parseNpy(await readRegular(path, { expected: 'a .npy file' }), path);
}

/** `readNpy` for bytes in memory. */
export function parseNpy(bytes: Uint8Array, path = 'npy data'): NpyTensor {
  const fail = (what: string) =>
    new DataError(`${shown(path)}: ${what}; expected a .npy file of float32 or uint8.`);
  if (bytes.byteLength < 12 || magic.some((byte, i) => bytes[i] !== byte)) throw fail('not a .npy file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [start, length] = bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (start + length > bytes.byteLength) throw fail('cut off within its header');
  const found = header.exec(Buffer.from(bytes.subarray(start, start + length)).toString('latin1'));
  if (!found) throw fail('its header is damaged');
  const [, type, fortran, sides] = found as unknown as [string, string, string, string];
  if (type !== '<f4' && type !== '|u1') throw fail(`its type is ${shown(type)}`);
  if (fortran === 'True') throw fail('its axes are in Fortran order');
  const shape = sides
    .split(',')
    .filter((side) => side.trim() !== '')
    .map(Number);
  const data = bytes.subarray(start + length);
  const needed = sizeOf(shape) * (type === '<f4' ? 4 : 1);
  if (data.byteLength !== needed)
    throw fail(`shape [${shape}] needs ${needed} bytes, it holds ${data.byteLength}`);
  return { shape, data: viewBytes(type === '<f4' ? 'F32' : 'U8', data) as Float32Array | Uint8Array };
}

/** Writes a .npy file (version 1.0) atomically. Errors as `writeAtomically`. */
export async function writeNpy(path: string, tensor: NpyTensor): Promise<void> {
  await writeFileAtomically(path, formatNpy(tensor));
}

/** The bytes that `writeNpy` writes. @throws DataError when the data does not fill the shape */
export function formatNpy({ shape, data }: NpyTensor): Uint8Array {
  if (sizeOf(shape) !== data.length)
    throw new DataError(`shape [${shape}] does not hold ${data.length} values.`);
  const type = data instanceof Float32Array ? '<f4' : '|u1';
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sides}), }`;
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`; // data begins on a 64-byte boundary
  const head = Buffer.from([...magic, 1, 0, padded.length & 255, padded.length >> 8]);
  return Buffer.concat([head, Buffer.from(padded, 'latin1'), bytesOf(data)]);
}
