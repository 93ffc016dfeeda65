import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DataError, InputMissingError } from '../../../src/core/errors.js';
import {
  formatSafetensors,
  openSafetensors,
  parseSafetensors,
  readSafetensors,
  type StoredTensor,
  toFloat32,
  writeSafetensors,
} from '../../../src/core/files/safetensors.js';
import { fixturePath } from '../../fixtures.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file of this header (text or object) and this many data bytes. */
function file(header: unknown, dataBytes = 0, announced?: bigint): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(announced ?? BigInt(json.byteLength));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

const i32 = (start: number, end: number, shape = [(end - start) / 4]) => ({
  dtype: 'I32',
  shape,
  data_offsets: [start, end],
});

const broken: [string, Uint8Array, RegExp][] = [
  ['an empty file', new Uint8Array(0), /too short/],
  ['seven bytes', new Uint8Array(7), /too short/],
  ['a header longer than the file', file('{}', 0, 200n), /only 10 in all/],
  ['a header beyond the cap', file('{}', 0, 10_000_001n), /at most 10000000/],
  ['a header length of 2^63', file('{}', 0, 1n << 63n), /at most/],
  ['an empty header', file(''), /does not begin/],
  ['a header that is not UTF-8', Buffer.concat([file('', 0, 2n), Buffer.from([0x7b, 0xff])]), /not UTF-8/],
  ['a header that is not JSON', file('{"a":}'), /not JSON/],
  ['a header that begins with a space', file(' {}'), /does not begin/],
  ['a header that is a list', file('[]'), /does not begin/],
  ['text after the header object', file('{}{}'), /not JSON/],
  [
    'a deeply nested header',
    file(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`),
    /entry is not an object/,
  ],
  ['metadata that is no object', file({ __metadata__: [] }), /__metadata__ is not/],
  ['metadata that is no text', file({ __metadata__: { a: 1 } }), /__metadata__.a is not a string/],
  ['a tensor without dtype', file({ t: { shape: [1], data_offsets: [0, 4] } }, 4), /dtype is missing/],
  [
    'an unknown dtype',
    file({ t: { dtype: 'F128', shape: [1], data_offsets: [0, 16] } }, 16),
    /F128 is not supported/,
  ],
  [
    'a dtype of Object.prototype',
    file({ t: { dtype: 'toString', shape: [], data_offsets: [0, 4] } }, 4),
    /not supported/,
  ],
  ['a negative side', file({ t: { ...i32(0, 4), shape: [-1] } }, 4), /shape is not/],
  ['a fractional side', file({ t: { ...i32(0, 4), shape: [0.5] } }, 4), /shape is not/],
  ['a shape that is no list', file({ t: { ...i32(0, 4), shape: 1 } }, 4), /shape is not/],
  ['three offsets', file({ t: { ...i32(0, 4), data_offsets: [0, 4, 8] } }, 4), /data_offsets is not/],
  [
    'offsets beyond 2^53',
    file('{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,9007199254740993]}}', 1),
    /data_offsets is not/,
  ],
  ['offsets out of order', file({ t: { ...i32(0, 4), data_offsets: [4, 0] } }, 4), /needs 4 bytes/],
  ['a shape larger than its bytes', file({ t: { ...i32(0, 4), shape: [2] } }, 4), /needs 8 bytes/],
  ['a shape smaller than its bytes', file({ t: { ...i32(0, 8), shape: [1] } }, 8), /needs 4 bytes/],
  ['a shape that overflows', file({ t: { ...i32(0, 4), shape: [2 ** 40, 2 ** 40] } }, 4), /too large/],
  [
    'an overflow hidden by a zero side',
    file({ t: { ...i32(0, 0), shape: [2 ** 40, 2 ** 40, 0] } }),
    /too large/,
  ],
  ['overlapping tensors', file({ a: i32(0, 8), b: i32(4, 12) }, 12), /b overlaps/],
  ['two tensors on the same bytes', file({ a: i32(0, 4), b: i32(0, 4) }, 4), /overlaps/],
  ['a hole between tensors', file({ a: i32(0, 4), b: i32(8, 12) }, 12), /hole/],
  ['a hole before the first tensor', file({ a: i32(4, 8) }, 8), /hole/],
  ['data that is cut off', file({ a: i32(0, 8) }, 7), /cut off/],
  ['bytes after the last tensor', file({ a: i32(0, 8) }, 9), /1 bytes after the last tensor/],
  ['data and no tensor', file({}, 4), /4 bytes after/],
  [
    'a tensor named twice',
    file(
      '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
    ),
    /names a twice/,
  ],
  [
    'a tensor named twice, once escaped',
    file(
      '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
    ),
    /names a twice/,
  ],
  [
    'a field named twice',
    file('{"a":{"dtype":"U8","dtype":"I32","shape":[0],"data_offsets":[0,0]}}'),
    /names dtype twice/,
  ],
];

const foreign: [string, number[], RegExp][] = [
  ['a .pt archive', [0x50, 0x4b, 0x03, 0x04, 0, 0, 8, 8, 0, 0], /PyTorch or zip.*safetensors\.torch/],
  ['an old PyTorch pickle', [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9], /pickle/],
  ['a pickle of protocol 4', [0x80, 0x04, 0x95, 0x1b, 0, 0, 0, 0, 0, 0, 0, 0x7d], /pickle/],
  ['a pickle of protocol 0', [...Buffer.from("(dp0\nS'a'\np1\n")], /pickle/],
  ['an HDF5 file', [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0], /HDF5/],
  ['a NumPy file', [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0x76], /NumPy/],
];

describe('a broken safetensors file is refused:', () => {
  test.each(broken)('%s', async (name, bytes, message) => {
    expect(() => parseSafetensors(bytes, 'w.safetensors')).toThrow(DataError);
    expect(() => parseSafetensors(bytes, 'w.safetensors')).toThrow(message);
    const path = join(folder, `${name.replace(/\W/g, '-')}.safetensors`);
    await writeFile(path, bytes);
    const error = await readSafetensors(path).catch((e: Error) => e);
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(/^[^\n]*w?\.safetensors: [^\n]+$/);
  });

  test.each(foreign)('%s, by its content', (_, bytes, message) => {
    expect(() => parseSafetensors(Uint8Array.from([...bytes, ...new Uint8Array(32)]), 'w')).toThrow(message);
  });

  test('a header of 640 bytes is not taken for a pickle', () => {
    const padded = `{}${' '.repeat(638)}`;
    expect(parseSafetensors(file(padded)).tensors.size).toBe(0);
  });

  test('a missing file and a folder say so', async () => {
    await expect(readSafetensors(join(folder, 'none'))).rejects.toThrow(InputMissingError);
    await expect(readSafetensors(folder)).rejects.toThrow(/not a regular file|EISDIR/);
  });
});

const everyType: Record<string, StoredTensor> = {
  f32: { dtype: 'F32', shape: [3], data: Float32Array.of(1.5, Number.NaN, -0) },
  f16: { dtype: 'F16', shape: [2, 2], data: Uint16Array.of(0x3c00, 0xc000, 0x7c00, 1) },
  bf16: { dtype: 'BF16', shape: [2], data: Uint16Array.of(0x3f80, 0xc040) },
  f64: { dtype: 'F64', shape: [1], data: Float64Array.of(Math.PI) },
  i64: { dtype: 'I64', shape: [], data: BigInt64Array.of(-(1n << 62n)) },
  i32: { dtype: 'I32', shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) },
  u8: { dtype: 'U8', shape: [3], data: Uint8Array.of(0, 128, 255) },
  bool: { dtype: 'BOOL', shape: [3], data: Uint8Array.of(0, 1, 1) },
  empty: { dtype: 'F32', shape: [0, 7], data: new Float32Array(0) },
  'naïve ключ "\n': { dtype: 'U8', shape: [1], data: Uint8Array.of(7) },
  ['__proto__']: { dtype: 'U8', shape: [1], data: Uint8Array.of(9) },
};

describe('a written safetensors file', () => {
  test('reads back bit for bit, every type', async () => {
    const path = join(folder, 'all.safetensors');
    const tensors = new Map(Object.entries(everyType));
    await writeSafetensors(path, tensors, { b: '2', a: 'ä' });
    const back = await readSafetensors(path);
    expect(back.metadata).toEqual({ a: 'ä', b: '2' });
    expect(new Map([...back.tensors].sort())).toEqual(new Map([...tensors].sort()));
    expect(parseSafetensors(await readFile(path)).tensors).toEqual(back.tensors);
  });

  test('has the same bytes whatever the order of its parts', () => {
    const forward = formatSafetensors(new Map(Object.entries(everyType)), { a: '1', b: '2' });
    const backward = formatSafetensors(new Map(Object.entries(everyType).reverse()), { b: '2', a: '1' });
    expect(Buffer.compare(forward, backward)).toBe(0);
  });

  test('refuses data that does not fill its shape and leaves the old file', async () => {
    const path = join(folder, 'kept.safetensors');
    await writeSafetensors(path, { t: everyType.u8! });
    const before = await readFile(path);
    await expect(writeSafetensors(path, { t: { ...everyType.u8!, shape: [4] } })).rejects.toThrow(
      /needs 4 bytes.*has 3/,
    );
    expect(await readFile(path)).toEqual(before);
  });

  test('gives up single tensors by name', async () => {
    const path = join(folder, 'single.safetensors');
    await writeSafetensors(path, new Map(Object.entries(everyType)));
    const reader = await openSafetensors(path);
    expect(await reader.read('i32')).toEqual(everyType.i32);
    expect(await reader.read('bf16')).toEqual(everyType.bf16);
    await expect(reader.read('other')).rejects.toThrow(/no tensor named other/);
    await reader.close();
  });

  test('survives a round trip of any tensors', () => {
    const tensor = fc.record({
      dtype: fc.constant('F32' as const),
      data: fc.float32Array({ maxLength: 20 }),
    });
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ unit: 'grapheme' }).filter((n) => n !== '__metadata__'),
          tensor,
        ),
        (made) => {
          const named = new Map(
            Object.entries(made).map(([name, t]) => [name, { ...t, shape: [t.data.length] } as StoredTensor]),
          );
          const back = parseSafetensors(formatSafetensors(named)).tensors;
          expect(new Map([...back].sort())).toEqual(new Map([...named].sort()));
        },
      ),
      { numRuns: 200 },
    );
  });
});

test('every fixture reads, and its float32 tensors have the numbers of their shapes', async () => {
  const names = readdirSync(dirname(fixturePath('x'))).filter((name) => name.endsWith('.safetensors'));
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) {
    const { tensors } = await readSafetensors(fixturePath(name));
    expect(tensors.size).toBeGreaterThan(0);
    for (const tensor of tensors.values()) {
      expect(toFloat32(tensor).length).toBe(tensor.shape.reduce((a, b) => a * b, 1));
    }
  }
});

test('any damage to a file is either refused with a DataError or leaves tensors of the right size', () => {
  const good = formatSafetensors(new Map(Object.entries(everyType)), { kind: 'test' });
  const edit = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) });
  const damage = fc.record({
    edits: fc.array(edit, { minLength: 1, maxLength: 4 }),
    length: fc.nat(good.length),
  });
  let refused = 0;
  fc.assert(
    fc.property(damage, fc.boolean(), ({ edits, length }, cut) => {
      const bytes = Uint8Array.from(cut ? good.subarray(0, length) : good);
      for (const { at, byte } of edits) if (at < bytes.length) bytes[at] = byte;
      try {
        for (const tensor of parseSafetensors(bytes).tensors.values()) {
          expect(toFloat32(tensor).length).toBe(tensor.shape.reduce((a, b) => a * b, 1));
        }
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
        refused++;
      }
    }),
    { numRuns: 20_000 },
  );
  expect(refused).toBeGreaterThan(10_000);
});

test('half precision and bfloat16 decode to the float32 of the same value', () => {
  const half: StoredTensor = {
    dtype: 'F16',
    shape: [6],
    data: Uint16Array.of(0x3c00, 0xc000, 0x7c00, 1, 0x7bff, 0x8000),
  };
  expect([...toFloat32(half)]).toEqual([1, -2, Number.POSITIVE_INFINITY, 2 ** -24, 65504, -0]);
  expect([...toFloat32(everyType.bf16!)]).toEqual([1, -3]);
  expect([...toFloat32(everyType.i64!)]).toEqual([-(2 ** 62)]);
});
