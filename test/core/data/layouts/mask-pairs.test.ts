import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { pairMasks } from '../../../../src/core/data/layouts/mask-pairs.js';
import { read, tree } from './tree.js';

const placed = (path: string) => {
  const parts = path.split('/');
  const name = parts.pop()!;
  return { entry: { name, path: Buffer.from(path), kind: 'file' as const }, folders: parts };
};

/** Image → masks, then what is left. */
function pairs(images: string, masks: string): string[] {
  const list = (text: string) => text.split(' ').map(placed);
  const { masks: found, unclaimed, ambiguous } = pairMasks(list(images), list(masks));
  const shown = [...found].map(
    ([image, own]) => `${image.entry.path} ${own.map(({ entry }) => entry.path).join('+')}`,
  );
  return [
    ...shown.sort(),
    ...unclaimed.map(({ entry }) => `unclaimed ${entry.path}`),
    ...ambiguous.map(({ entry }) => `ambiguous ${entry.path}`),
  ];
}

describe('a mask belongs to the image of its name', () => {
  test.each(
    'a.png A_mask.png a_label.png a_GT.bmp a-mask.png mask_a.png a.mask.png a_seg.png a_mask_0.png a.png_mask.png amask.png gt-a.png a_mask_final.png a_defect.png binary_a.tif'.split(
      ' ',
    ),
  )('a.jpg ↔ %s', (mask) => expect(pairs('a.jpg', mask)).toEqual([`a.jpg ${mask}`]));

  test.each([
    ['000.png', '000mask.png'],
    ['IMG_11.jpg', 'mask_IMG_11.png'],
    ['IMG_11.jpg', 'mask_11.png'],
    ['img11.jpg', 'mask11.png'],
    ['part 7 (2).png', 'part 7 (2)_mask.png'],
    ['2024-05-01_12.png', '2024-05-01_12_gt.png'],
    ['Pru\u0308fling.png', 'Pr\u00fcfling_mask.png'],
  ])('%s ↔ %s', (image, mask) =>
    expect(pairs(image.replaceAll(' ', '_'), mask.replaceAll(' ', '_'))).toHaveLength(1),
  );

  test('whose numbers are the same whole', () => {
    expect(pairs('1.png IMG_1.png', '10_mask.png IMG_11_mask.png 1_2_mask.png')).toEqual([
      'unclaimed 10_mask.png',
      'unclaimed IMG_11_mask.png',
      'unclaimed 1_2_mask.png',
    ]);
    expect(pairs('1.png 10.png 1_10.png', '1_10_mask.png 10_mask.png')).toEqual([
      '10.png 10_mask.png',
      '1_10.png 1_10_mask.png',
    ]);
  });

  test('with an unknown word only when all masks have it', () => {
    expect(pairs('a.png c.png', 'a_scan.png c_scan.png')).toEqual(['a.png a_scan.png', 'c.png c_scan.png']);
    expect(pairs('a.png c.png', 'a_left_mask.png c_mask.png')).toEqual([
      'c.png c_mask.png',
      'unclaimed a_left_mask.png',
    ]);
  });

  test('and of its folder as far as there are such', () => {
    expect(pairs('cut/0.png hole/0.png', 'cut/0_mask.png hole/0_mask.png')).toEqual([
      'cut/0.png cut/0_mask.png',
      'hole/0.png hole/0_mask.png',
    ]);
    expect(pairs('cut/0.png hole/0.png', '0_mask.png')).toEqual(['ambiguous 0_mask.png']);
    expect(pairs('cut/0.png hole/1.png', '0_mask.png cut/1_mask.png')).toEqual([
      'cut/0.png 0_mask.png',
      'unclaimed cut/1_mask.png',
    ]);
    expect(pairs('cut/0.png cut/lot2/0.png', 'cut/0_mask.png')).toEqual(['cut/0.png cut/0_mask.png']);
    expect(pairs('logical/000.png logical/001.png', 'logical/000/000.png logical/000/001.png')).toEqual([
      'logical/000.png logical/000/000.png+logical/000/001.png',
    ]);
  });

  test('in its case where only the case tells', () => {
    expect(pairs('a.png A.png', 'A_mask.png a_mask.png')).toEqual(['A.png A_mask.png', 'a.png a_mask.png']);
    expect(pairs('a.png a.jpg', 'a_mask.png')).toEqual(['ambiguous a_mask.png']);
  });
});

test('no mask goes by position, and what has no partner is named', async () => {
  const root = await tree([
    'c/train/good/0.png',
    'c/test/bad/a.png',
    'c/test/bad/b.png',
    'c/ground_truth/bad/x1.png',
    'c/ground_truth/bad/x2.png',
  ]);
  const { records, issues } = await read(root, 'auto', { split: 'test' });
  expect(records.map((r) => r.mask)).toEqual([undefined, undefined]);
  expect(issues.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
    'image-without-mask c/test/bad/a.png',
    'image-without-mask c/test/bad/b.png',
    'mask-without-image c/ground_truth/bad/x1.png',
    'mask-without-image c/ground_truth/bad/x2.png',
  ]);
});

test('of several masks of an image none is taken, and a mask of several images is nobody’s', async () => {
  const root = await tree([
    'OK/0.png',
    'NG/1.png',
    'NG/2.png',
    'NG/2.jpg',
    'masks/1_mask.png',
    'masks/1_gt.png',
    'masks/2.png',
  ]);
  const { records, issues } = await read(root);
  expect(records.every((record) => record.mask === undefined)).toBe(true);
  expect(issues).toEqual([
    { kind: 'several-masks', path: 'NG/1.png', note: '1_gt.png, 1_mask.png' },
    { kind: 'mask-without-image', path: 'masks/2.png', note: 'it fits several images' },
    { kind: 'image-without-mask', path: 'NG/2.jpg' },
    { kind: 'image-without-mask', path: 'NG/2.png' },
  ]);
});

test('a factory of masks has images called mask', async () => {
  const root = await tree(['ffp2/front_mask.png', 'ffp2/back_mask.png']);
  expect((await read(root)).records).toHaveLength(2);
});
