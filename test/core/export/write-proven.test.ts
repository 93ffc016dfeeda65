import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeProven } from '../../../src/core/export/write-proven.js';
import { scratchFolder } from '../weights/small-files.js';

test('an export appears when it is proven, in place of the one before', async () => {
  const folder = await scratchFolder();
  const out = join(folder, 'line.onnx');
  await writeFile(out, 'before');
  const write = async (place: string) => {
    await writeFile(place, 'after');
    return 5;
  };
  const prove = async (place: string) => [await readFile(place, 'utf8'), await readFile(out, 'utf8')];
  expect(await writeProven(out, write, prove)).toEqual({ bytes: 5, proof: ['after', 'before'] });
  expect(await readFile(out, 'utf8')).toBe('after');
  expect(await readdir(folder)).toEqual(['line.onnx']);
});

test('one that fails its proof leaves nothing, and the one before as it was', async () => {
  const folder = await scratchFolder();
  const out = join(folder, 'web');
  await mkdir(out);
  await writeFile(join(out, 'weights-1.bin'), 'before');
  const write = async (place: string) => {
    await mkdir(place);
    await writeFile(join(place, 'weights-1.bin'), 'after');
    return 5;
  };
  const prove = () => Promise.reject(new Error('not the same model'));
  await expect(writeProven(out, write, prove, 'weights-1.bin')).rejects.toThrow('not the same model');
  expect(await readdir(folder)).toEqual(['web']);
  expect(await readFile(join(out, 'weights-1.bin'), 'utf8')).toBe('before');
});
