import { DataError } from '../errors.js';
import { shown } from './file-errors.js';

const convert =
  'convert it once with the safetensors package for Python (safetensors.torch.save_file) and use the .safetensors file';

// Recognised by content, because users rename files. Opening any of the first three runs code of the file's author.
const formats: { name: string; hint: string; matches(head: Uint8Array): boolean }[] = [
  { name: 'a PyTorch or zip archive', hint: convert, matches: (h) => starts(h, [0x50, 0x4b, 0x03, 0x04]) },
  { name: 'an empty zip archive', hint: convert, matches: (h) => starts(h, [0x50, 0x4b, 0x05, 0x06]) },
  // Protocols 2 to 5. A safetensors length of 640 bytes also begins 80 02, but the bytes after its third are zero.
  {
    name: 'a Python pickle',
    hint: convert,
    matches: (h) => h[0] === 0x80 && h[1]! >= 2 && h[1]! <= 5 && h.subarray(3, 8).some((byte) => byte !== 0),
  },
  { name: 'a Python pickle', hint: convert, matches: (h) => textPickle(h) },
  {
    name: 'an HDF5 file',
    hint: 'export the model to safetensors or ONNX first',
    matches: (h) => starts(h, [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]),
  },
  {
    name: 'a NumPy file',
    hint: 'give a .safetensors file',
    matches: (h) => starts(h, [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]),
  },
  { name: 'a gzip archive', hint: 'unpack it first', matches: (h) => starts(h, [0x1f, 0x8b, 0x08]) },
  {
    name: 'a GGUF file',
    hint: 'give a .safetensors file',
    matches: (h) => starts(h, [0x47, 0x47, 0x55, 0x46]),
  },
];

/**
 * Refuses, by content, files that are not safetensors but are often given as weights: pickles (never opened: reading
 * one runs the author's code), zip (.pt), HDF5 and others.
 *
 * @param head the first bytes of the file, 16 suffice
 * @throws DataError that says what the file is and how to convert it
 */
export function refuseForeignFormat(head: Uint8Array, path: string): void {
  const format = formats.find((candidate) => candidate.matches(head));
  if (format) {
    throw new DataError(`${shown(path)}: this is ${format.name}, expected safetensors; ${format.hint}.`);
  }
}

function starts(head: Uint8Array, magic: number[]): boolean {
  return head.length >= magic.length && magic.every((byte, i) => head[i] === byte);
}

/** Protocol 0 and 1 pickles: "(dp0", "(lp0", "ccollections" and the like. A safetensors length never looks so. */
function textPickle(head: Uint8Array): boolean {
  const text = Buffer.from(head.subarray(0, 16)).toString('latin1');
  return /^(\([dlt]p\d|c[a-z_]{4,}|\}q|\]q|\(lp|\(dp)/.test(text);
}
