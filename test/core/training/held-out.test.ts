import { expect, test } from 'vitest';
import { splitHeldOut } from '../../../src/core/training/held-out.js';

const images = (name: string, hashes: string[]) =>
  hashes.map((hash, i) => ({ class: name, path: `${i}.png`, hash, locations: [] }));

test('a class of two images, or a share of 0, keeps nothing back, and the split says so', () => {
  const set = [...images('few', ['a', 'b']), ...images('many', ['c', 'd', 'e', 'f'])];
  expect(splitHeldOut(set, 0.1)).toMatchObject({
    training: expect.objectContaining({ length: 5 }),
    heldOut: expect.objectContaining({ length: 1 }),
    lacking: [{ class: 'few', images: 2 }],
  });
  expect(splitHeldOut(set, 0).lacking.map((one) => one.class)).toEqual(['few', 'many']);
});

test('a class never keeps all of its images back', () => {
  const { training, heldOut } = splitHeldOut(images('nut', ['a', 'b', 'c']), 0.9);
  expect([training.length, heldOut.length]).toEqual([1, 2]);
});

test('copies of an image are all trained on or all kept back, and three copies are no three images', () => {
  const set = images('nut', ['a', 'a', 'a', 'b', 'c', 'c', 'd']);
  for (const share of [0.1, 0.3, 0.5, 0.9]) {
    const { training, heldOut } = splitHeldOut(set, share);
    const seen = new Set(training.map((index) => set[index]!.hash));
    expect(heldOut.filter((index) => seen.has(set[index]!.hash))).toEqual([]);
  }
  expect(splitHeldOut(images('nut', ['a', 'a', 'a']), 0.5).lacking).toHaveLength(1);
});
