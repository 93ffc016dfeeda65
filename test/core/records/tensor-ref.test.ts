import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  fileTensor,
  inlineTensor,
  resolveFloats,
  resolveTensor,
} from '../../../src/core/records/tensor-ref.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tensor-ref-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('tensor references', () => {
  test.each([
    ['float32', Float32Array.from([1.5, -0, Number.NaN, 1e-40, 3, 4])],
    ['int32', Int32Array.from([-1, 2 ** 31 - 1, 0, 4, 5, 6])],
    ['uint8', Uint8Array.from([0, 255, 1, 2, 3, 4])],
  ])('%s comes back bit by bit, inline and from a file', async (dtype, data) => {
    const inline = inlineTensor(data, [2, 3]);
    expect(inline).toMatchObject({ dtype, shape: [2, 3] });
    expect(await resolveTensor(JSON.parse(JSON.stringify(inline)), '/')).toEqual(data);
    const bytes = Buffer.concat([Buffer.from('head!'), Buffer.from(data.buffer)]);
    await writeFile(join(folder, `${dtype}.bin`), bytes);
    expect(await resolveTensor(fileTensor(`${dtype}.bin`, inline.dtype, [2, 3], 5), folder)).toEqual(data);
  });

  test('float16 widens to float32: normal, subnormal, infinite', async () => {
    const bits = Uint16Array.from([0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x8000, 0x7c00, 0x7e00]);
    const wide = await resolveFloats(inlineTensor(bits, [8]), '/');
    expect([...wide]).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      1023 * 2 ** -24,
      -0,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
  });

  test('a view into a larger array sends only its own elements', async () => {
    const view = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    expect(await resolveTensor(inlineTensor(view, [2]), '/')).toEqual(Float32Array.from([1, 2]));
  });

  test('shape and bytes must agree', async () => {
    expect(() => inlineTensor(new Float32Array(3), [2, 2])).toThrow('3 elements do not fill a tensor [2,2]');
    const ref = { ...inlineTensor(new Float32Array(4), [4]), shape: [5] };
    await expect(resolveTensor(ref, '/')).rejects.toThrow('20 bytes expected, 16 found');
    await expect(resolveTensor({ ...ref, shape: [3] }, '/')).rejects.toThrow('12 bytes expected, 16 found');
    await writeFile(join(folder, 'short.bin'), Buffer.alloc(10));
    const beyond = fileTensor('short.bin', 'float32', [2], 4);
    await expect(resolveTensor(beyond, folder)).rejects.toThrow(
      'has 10 bytes, tensor [2] needs 8 from byte 4',
    );
  });

  test('a shape that would fill memory is refused before anything is allocated', async () => {
    const ref = { dtype: 'float32' as const, shape: [2 ** 20, 2 ** 20], data: '' };
    await expect(resolveTensor(ref, '/')).rejects.toThrow('larger than 1073741824 bytes');
  });

  test('a file that is gone is named', async () => {
    const gone = fileTensor('gone.bin', 'uint8', [1], 0);
    await expect(resolveTensor(gone, folder)).rejects.toThrow(`${join(folder, 'gone.bin')}: does not exist`);
  });

  test('a map where float32 is needed must not be something else', async () => {
    await expect(resolveFloats(inlineTensor(new Uint8Array(1), [1]), '/')).rejects.toThrow(
      'a uint8 tensor [1]',
    );
  });
});
