import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError, InputMissingError } from '../../../src/core/errors.js';
import { formatNpy, parseNpy, readNpy, writeNpy } from '../../../src/core/files/npy.js';

test('float32 and uint8 arrays of any rank read back bit for bit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'npy-'));
  const tensors = [
    { shape: [2, 3], data: Float32Array.of(1, -0, Number.NaN, 4, 5, 1e-40) },
    { shape: [5], data: Uint8Array.of(1, 2, 3, 4, 255) },
    { shape: [], data: Float32Array.of(7) },
    { shape: [0, 4], data: new Float32Array(0) },
  ];
  for (const tensor of tensors) {
    await writeNpy(join(folder, 'a.npy'), tensor);
    expect(await readNpy(join(folder, 'a.npy'))).toEqual(tensor);
    expect(formatNpy(tensor).byteLength % 64).toBe(tensor.data.byteLength % 64);
  }
  await expect(readNpy(join(folder, 'none.npy'))).rejects.toThrow(InputMissingError);
  await rm(folder, { recursive: true });
});

test('the header is the one that NumPy writes', () => {
  const text = Buffer.from(formatNpy({ shape: [3], data: Uint8Array.of(1, 2, 3) })).toString('latin1');
  expect(text.slice(0, 10)).toBe('\x93NUMPY\x01\x00v\x00');
  expect(text.slice(10, 128)).toBe(
    `${"{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }".padEnd(117)}\n`,
  );
});

test.each([
  ['Fortran order', "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", 4, /Fortran/],
  [
    'objects, which are pickles',
    "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    4,
    /type is \|O/,
  ],
  [
    'missing data',
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
    4,
    /needs 8 bytes, it holds 4/,
  ],
  [
    'code in the header',
    "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,), }",
    4,
    /damaged/,
  ],
])('an array with %s is refused', (_, text, bytes, message) => {
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0]);
  expect(() => parseNpy(Buffer.concat([head, Buffer.from(text), Buffer.alloc(bytes)]), 'a.npy')).toThrow(
    message,
  );
});

test('any damage is refused with a DataError or gives data of the stated shape', () => {
  const good = formatNpy({ shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, length) => {
      const bytes = Uint8Array.from(good.subarray(0, length));
      if (at < length) bytes[at] = byte;
      try {
        const { shape, data } = parseNpy(bytes);
        expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
      }
    }),
    { numRuns: 2000 },
  );
});
