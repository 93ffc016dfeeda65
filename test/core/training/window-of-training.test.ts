import { expect, test } from 'vitest';
import type { FeatureRecord } from '../../../src/core/records/schemas.js';
import { inlineTensor } from '../../../src/core/records/tensor-ref.js';
import { FeatureCollection } from '../../../src/core/training/feature-collection.js';

const record = (path: string, window?: [number, number]): FeatureRecord => ({
  ...{ v: 1, type: 'features', path, class: 'x', image_hash: 'h', image_size: [8, 8], input_size: [8, 8] },
  ...(window && { window }),
  encoder: { name: 'mean', hash: 'e' },
  features: [inlineTensor(new Float32Array(3), [1, 1, 3])],
});

async function collected(...records: FeatureRecord[]): Promise<FeatureCollection> {
  const collection = new FeatureCollection({ append: async () => ({ file: 'spool', offset: 0 }) });
  for (const each of records) await collection.add(each);
  return collection;
}

test('training images of 8 bits have no window', async () => {
  expect((await collected(record('a'), record('b'))).window).toBeUndefined();
});

test('16-bit training images share one window, also between 8-bit ones', async () => {
  const collection = await collected(record('a'), record('b', [0, 4095]), record('c', [0, 4095]));
  expect(collection.window).toEqual([0, 4095]);
});

test('16-bit training images in two windows are refused with both', async () => {
  await expect(collected(record('a', [0, 4095]), record('b'), record('c', [0, 1023]))).rejects.toThrow(
    'c: read in the intensity window 0,1023, the 16-bit images before in 0,4095; extract all of them with one --window',
  );
});

test('the same images in another window are other data: a checkpoint does not go on with them', async () => {
  const hashes = [
    await collected(record('a')),
    await collected(record('a', [0, 4095])),
    await collected(record('a', [0, 1023])),
  ].map(({ hash }) => hash);
  expect(new Set(hashes).size).toBe(3);
});
