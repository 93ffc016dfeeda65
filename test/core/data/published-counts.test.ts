import { describe, expect, test } from 'vitest';
import { compareCounts } from '../../../src/core/data/published-counts.js';
import { type Count, summariseDataset, summaryTable } from '../../../src/core/data/summary.js';
import { publishedClasses } from '../../../src/core/metrics/published/published.js';
import type { Dataset } from '../../../src/core/metrics/published/rows.js';
import type { ImageRecord } from '../../../src/core/records/schemas.js';

const count = (name: string, split: 'train' | 'test', images: number, label: Count['label'] = 'normal') => ({
  class: name,
  split,
  label,
  defects: {},
  images,
  masks: 0,
});

/** Totals spread over the classes of a data set, most of them in the first. */
function spread(dataset: Dataset, train: number, test: number): Count[] {
  const names = [...publishedClasses(dataset)];
  const rest = names.length - 1;
  return names.flatMap((name, i) => [
    count(name, 'train', i === 0 ? train - rest : 1),
    count(name, 'test', i === 0 ? test - rest : 1, 'anomaly'),
  ]);
}

const visa = [
  ['candle', 900, 100, 100],
  ['capsules', 542, 60, 100],
  ['cashew', 450, 50, 100],
  ['chewinggum', 453, 50, 100],
  ['fryum', 450, 50, 100],
  ['macaroni1', 900, 100, 100],
  ['macaroni2', 900, 100, 100],
  ['pcb1', 904, 100, 100],
  ['pcb2', 901, 100, 100],
  ['pcb3', 905, 101, 100],
  ['pcb4', 904, 101, 100],
  ['pipe_fryum', 450, 50, 100],
].flatMap(([name, train, good, bad]) => [
  count(name as string, 'train', train as number),
  count(name as string, 'test', good as number),
  count(name as string, 'test', bad as number, 'anomaly'),
]);

describe('counts of a data set that is recognised by its classes', () => {
  test.each([
    ['mvtec', 'MVTec-AD', 3629, 1725],
    ['realiad', 'Real-IAD', 36_465, 114_585],
    ['mvtec3d', 'MVTec-3D', 2950, 1197],
    ['medical', 'Uni-Medical', 13_339, 7013],
  ] as const)('%s: the published ones pass, one image less is told', (dataset, title, train, test) => {
    expect(compareCounts(spread(dataset, train, test))).toMatchObject({ title, differences: [] });
    expect(compareCounts(spread(dataset, train - 1, test))?.differences).toEqual([
      `${train - 1} train images, published are ${train}`,
    ]);
  });

  test('VisA is held against its split table class by class', () => {
    expect(compareCounts(visa)).toMatchObject({
      title: 'VisA',
      found: { train: 8659, test: 2162 },
      differences: [],
    });
    const moved = visa.map((one) => {
      const change = one.split === 'test' && one.label === 'normal' ? { pcb3: -1, pcb1: 1 }[one.class] : 0;
      return { ...one, images: one.images + (change ?? 0) };
    });
    expect(compareCounts(moved)?.differences).toEqual([
      '101 good test images of pcb1, published are 100',
      '100 good test images of pcb3, published are 101',
    ]);
  });

  test('COCO-AD has other training images in each split', () => {
    const found = [count('coco', 'train', 65_133), count('coco', 'test', 4952)];
    expect(compareCounts(found, 1)).toMatchObject({ title: 'COCO-AD split 1', differences: [] });
    expect(compareCounts(found, 0)?.differences).toEqual(['65133 train images, published are 30438']);
  });

  test('a split that was not read is not missed', () => {
    const train = spread('mvtec', 3629, 1725).filter(({ split }) => split === 'train');
    expect(compareCounts(train)).toMatchObject({ found: { train: 3629 }, differences: [] });
    const ofVisa = visa.filter(({ split }) => split === 'test');
    expect(compareCounts(ofVisa)).toMatchObject({ found: { test: 2162 }, differences: [] });
  });

  test('some of the classes, and one class too many, are no published data set', () => {
    const all = spread('mvtec', 3629, 1725);
    expect(compareCounts(all.slice(2))).toBeNull();
    expect(compareCounts([...all, count('bolt', 'train', 9)])).toBeNull();
    expect(compareCounts([])).toBeNull();
  });
});

describe('a summary', () => {
  async function* images(train: number): AsyncGenerator<ImageRecord> {
    const fields = { v: 1, type: 'image', split: 'train', label: 'normal' } as const;
    const names = [...publishedClasses('medical')];
    for (let i = 0; i < train; i++) yield { ...fields, class: names[i % 3]!, path: `${i}.png` };
  }

  test('says in a line that the counts are the published ones, or which are not', async () => {
    const right = summaryTable(await summariseDataset(images(13_339)));
    expect(right).toContain('\nas published for Uni-Medical: 13339 train images');
    const wrong = summaryTable(await summariseDataset(images(300)));
    expect(wrong).toContain(
      '\nthe classes are those of Uni-Medical, the counts are not:\n  300 train images, published are 13339',
    );
  });

  test('of one camera’s images compares nothing', async () => {
    expect((await summariseDataset(images(300), { isPart: true })).published).toBeNull();
  });
});
