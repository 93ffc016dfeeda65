import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { listElements } from '../../../../src/core/data/layouts/json-elements.js';
import { recognise } from '../../../../src/core/data/layouts/read-dataset.js';
import { draw, type Segmentation } from '../../../../src/core/data/layouts/segmentation.js';
import { readMask } from '../../../../src/core/data/mask.js';
import { lines, picture, read, tree } from './tree.js';

// Category ids have gaps, as COCO's have: the splits count classes, not ids.
const categories = Array.from({ length: 80 }, (_, i) => ({
  id: i < 20 ? i + 1 : i + 11,
  name: `class ${i}`,
}));
const image = (id: number) => ({ id, file_name: `${String(id).padStart(12, '0')}.jpg`, width: 8, height: 8 });
const region = (
  image_id: number,
  category_id: number,
  segmentation: unknown = [[0, 0, 3, 0, 3, 3, 0, 3]],
) => ({
  segmentation,
  image_id,
  category_id,
  id: image_id * 100 + category_id,
});

async function coco(): Promise<string> {
  const train = {
    images: [3, 1, 2, 4].map(image),
    annotations: [region(1, 31), region(2, 31), region(2, 5), region(3, 50)],
    categories,
  };
  const val = {
    info: { note: 'a {nested} "object" [with] brackets' },
    images: [9, 8, 7].map(image),
    annotations: [region(9, 31), region(8, 5), region(8, 31, [[0, 0, 7, 0, 7, 7, 0, 7]])],
    categories,
  };
  return tree({
    'annotations/instances_train2017.json': JSON.stringify(train),
    'annotations/instances_val2017.json': JSON.stringify(val, null, 1),
    'train2017/000000000001.jpg': picture,
    'val2017/000000000008.jpg': picture,
  });
}

describe('COCO-AD', () => {
  test('trains on images without the split’s classes, tests on all annotated ones, draws the masks', async () => {
    const root = await coco();
    const derivedFolder = await mkdtemp(join(tmpdir(), 'masks-'));
    expect((await recognise(root)).name).toBe('coco-ad');
    const reading = await read(root, 'auto', { derivedFolder, fold: 0 });
    expect(lines(reading).map((line) => line.replace(derivedFolder, ''))).toEqual([
      'coco train normal good train2017/000000000001.jpg -',
      'coco train normal good train2017/000000000003.jpg -',
      expect.stringMatching(
        /^coco test anomaly anomalous-class val2017\/000000000008\.jpg \/coco-ad-0-\w+\/000000000008\.png$/,
      ),
      'coco test normal good val2017/000000000009.jpg -',
    ]);
    const mask = await readMask(reading.records[2]!.mask!, { width: 8, height: 8 });
    expect(mask.area).toBe(16); // the 4×4 square of class 5, not the region of class 31
    await read(root, 'auto', { derivedFolder, fold: 1 });
    expect(await readdir(derivedFolder)).toHaveLength(2);
  });

  test('counts classes in order of their ids: 31 is the 21st', async () => {
    const derivedFolder = await mkdtemp(join(tmpdir(), 'masks-'));
    const second = await read(await coco(), 'auto', { derivedFolder, fold: 1, split: 'test' });
    expect(second.records.map((r) => r.label)).toEqual(['anomaly', 'anomaly']);
  });

  test('with a fifth split says which there are; masks go to the cache unless told otherwise', async () => {
    const root = await coco();
    await expect(read(root, 'auto', { fold: 4, split: 'train' })).rejects.toThrow(/expected 0 to 3/);
    const cache = await mkdtemp(join(tmpdir(), 'cache-'));
    vi.stubEnv('MAMBAAD_CACHE', cache);
    const { records } = await read(root, 'auto', { split: 'test' });
    vi.unstubAllEnvs();
    expect(records[0]!.mask).toMatch(new RegExp(`^${cache}/masks/coco-ad-0-`));
  });

  test('with cut-off or foreign annotations is refused', async () => {
    const cut = await tree({ 'annotations/instances_val2017.json': '{"images":[{"id":1,' });
    await expect(read(cut, 'auto', { split: 'test', derivedFolder: cut })).rejects.toThrow(/cut off/);
    const foreign = await tree({ 'annotations/instances_val2017.json': '{"images":[{"name":"x"}]}' });
    await expect(read(foreign, 'auto', { split: 'test', derivedFolder: foreign })).rejects.toThrow(
      /without the number id/,
    );
  });
});

describe('regions', () => {
  const drawn = (width: number, height: number, shape: Segmentation) => {
    const canvas = { width, height, data: new Uint8Array(width * height) };
    draw(canvas, shape);
    return Array.from({ length: height }, (_, y) =>
      [...canvas.data.subarray(y * width, (y + 1) * width)].map((v) => (v ? '#' : '.')).join(''),
    );
  };

  test('polygons are filled with their outline, and cut at the border', () => {
    expect(drawn(5, 4, [[1, 1, 3.9, 1, 3.9, 2.5, 1, 2.5]])).toEqual(['.....', '.###.', '.###.', '.....']);
    expect(drawn(3, 3, [[-5, -5, 9, -5, 9, 9, -5, 9]])).toEqual(['###', '###', '###']);
    expect(drawn(5, 5, [[0, 0, 4, 0, 0, 4]])).toEqual(['#####', '####.', '###..', '##...', '#....']);
    expect(
      drawn(3, 1, [
        [0, 0, 0, 0],
        [2, 0, 2, 0],
      ]),
    ).toEqual(['#.#']);
  });

  test('run lengths go down the columns', () => {
    expect(drawn(3, 2, { counts: [1, 2, 3], size: [2, 3] })).toEqual(['.#.', '#..']);
  });

  test('packed run lengths unpack to the same region', () => {
    const pack = (counts: number[]) =>
      counts
        .map((count, i) => {
          let [value, text] = [i > 2 ? count - counts[i - 2]! : count, ''];
          for (;;) {
            const bits = value & 31;
            value >>= 5;
            const more = bits & 16 ? value !== -1 : value !== 0;
            text += String.fromCharCode((bits | (more ? 32 : 0)) + 48);
            if (!more) return text;
          }
        })
        .join('');
    expect(pack([6, 1, 40, 4, 5, 4, 5, 4, 21])).toBe('61X13mN000`0'); // COCO's own example of its packing
    fc.assert(
      fc.property(fc.array(fc.nat(300), { minLength: 1, maxLength: 12 }), (counts) => {
        const size: [number, number] = [50, 80];
        expect(drawn(80, 50, { counts: pack(counts), size })).toEqual(drawn(80, 50, { counts, size }));
      }),
      { numRuns: 60 },
    );
  });
});

test('list elements come out whole however the file is cut into chunks', async () => {
  const path = join(await tree({}), 'big.json');
  const images = Array.from({ length: 30_000 }, (_, id) => ({
    id,
    file_name: `"{[\\${'x'.repeat(id % 90)}`,
    nested: { a: [id] },
  }));
  await writeFile(path, JSON.stringify({ info: { a: [{ b: 1 }] }, images, licenses: [], none: [1, 2] }));
  const found: unknown[] = [];
  for await (const { key, value } of listElements(path)) {
    expect(key).toBe('images');
    found.push(value);
  }
  expect(found).toEqual(images);
});
