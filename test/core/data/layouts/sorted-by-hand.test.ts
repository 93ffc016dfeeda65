import { describe, expect, test } from 'vitest';
import { DataError } from '../../../../src/core/errors.js';
import { lines, read, tree } from './tree.js';

/** Class, label and defect of each image, by its path. */
async function labels(files: readonly string[], split?: 'train' | 'test'): Promise<string[]> {
  const root = await tree(files);
  const { records } = await read(root, 'auto', split ? { split } : {});
  const of = (name: string) => (name === root.split('/').at(-1) ? 'ROOT' : name);
  return records.map((r) => `${r.path} ${of(r.class)} ${r.label ?? '-'} ${r.defect ?? '-'}`);
}

describe('folders sorted by hand', () => {
  test('label their images, whatever the class above them, and give them their masks', async () => {
    const root = await tree([
      'bolt/OK/0.png',
      'bolt/NG/0.png',
      'bolt/NG/scratch/1.png',
      'bolt/mask/NG/0_mask.png',
      'bolt/mask/NG/scratch/1.png',
    ]);
    expect(lines(await read(root))).toEqual([
      'bolt - anomaly NG bolt/NG/0.png bolt/mask/NG/0_mask.png',
      'bolt - anomaly scratch bolt/NG/scratch/1.png bolt/mask/NG/scratch/1.png',
      'bolt - normal good bolt/OK/0.png -',
    ]);
  });

  test.each([
    ['NG', ['OK/0.png', 'NG/0.png', 'mask/NG/0.png']],
    ['bad', ['good/0.png', 'bad/0.png']],
    ['a kind of defect beside good parts', ['good/0.png', 'cut/0.png', 'bent/0.png']],
    ['n.i.O. parts', ['i.O/0.png', 'n.i.O/0.png']],
    ['a defective lot below good parts', ['good/0.png', 'good/lot2/1.png', 'good/NG/2.png']],
    ['loose images beside good ones', ['good/0.png', 'x.png']],
    ['unsorted ones', ['good/0.png', 'unsorted/1.png', 'good_and_bad/2.png']],
    ['masks beside their images', ['good/0.png', 'good/0_mask.png', 'bad/1.png', 'bad/1_gt.png']],
    ['train/NG', ['train/OK/0.png', 'train/NG/1.png', 'test/OK/2.png']],
    ['those of the test split', ['OK/train/0.png', 'OK/test/1.png', 'NG/test/2.png']],
    ['images and masks apart', ['images/OK/0.png', 'images/NG/1.png', 'masks/1.png']],
  ])('with --split train are good parts only: %s are never normal', async (_, files) => {
    const good = files.filter((name) =>
      /^(images\/|train\/)?(OK|good|i\.O)\/(train\/|lot2\/)?\d.png$/.test(name),
    );
    expect(await labels(files, 'train')).toEqual(good.sort().map((path) => `${path} ROOT normal good`));
  });

  test('count what training does without', async () => {
    const root = await tree(['OK/0.png', 'NG/0.png', 'NG/1.png', 'NG/cut/2.png']);
    expect((await read(root, 'auto', { split: 'train' })).issues).toEqual([
      { kind: 'left-out', path: 'NG', note: 'defective: NG', count: 2 },
      { kind: 'left-out', path: 'NG/cut/2.png', note: 'defective: cut' },
    ]);
  });

  test.each([
    [['NG/0.png', 'NG/1.png'], /no image is known to be good; left out: .*NG \(2; defective: NG\)/],
    [['NG/0.png', 'parts/1.png'], /parts\/1\.png \(1; its folder is called neither good nor defective\)/],
    [['0/0.png', '1/0.png'], /"0" means good to some and defective to others/],
    [['positive/0.png', 'x/1.png', 'negative/0.png', 'good/mask/1.png'], /negative\/0\.png/],
    [['images/0.png', 'masks/0.png'], /it has a mask and no label/],
    [['masks/0.png'], /its folder is called as one of masks/],
    [['train/NG/0.png', 'test/OK/0.png'], /train\/NG/],
  ])('%j are refused where nothing is known to be good', async (files, message) => {
    const reading = read(await tree(files), 'auto', { split: 'train' });
    await expect(reading).rejects.toThrow(DataError);
    await expect(read(await tree(files), 'auto', { split: 'train' })).rejects.toThrow(message);
  });

  test('that contradict each other are refused', async () => {
    await expect(read(await tree(['NG/OK/0.png']))).rejects.toThrow(
      /NG\/OK: good by its own name, defective/,
    );
    const zeroOrOne = await tree(['c/train/good/0.png', 'c/test/0/0.png', 'c/test/1/0.png']);
    await expect(read(zeroOrOne)).rejects.toThrow(/c\/test\/0: "0" means good to some/);
  });

  test('are read where a folder of another name holds both', async () => {
    expect(await labels(['defect_photos/good/0.png', 'defect_photos/cut/1.png'])).toEqual([
      'defect_photos/cut/1.png defect_photos anomaly cut',
      'defect_photos/good/0.png defect_photos normal good',
    ]);
  });

  test('given by themselves name the class after the folder above', async () => {
    const root = await tree(['bolt/OK/0.png', 'bolt/NG/1.png', 'bolt/NG/cut/2.png']);
    expect(lines(await read(`${root}/bolt/OK`, 'auto', { split: 'train' }))).toEqual([
      'bolt train normal good 0.png -',
    ]);
    expect(lines(await read(`${root}/bolt/NG`))).toEqual([
      'bolt - anomaly NG 1.png -',
      'bolt - anomaly cut cut/2.png -',
    ]);
    await expect(read(`${root}/bolt/NG`, 'auto', { split: 'train' })).rejects.toThrow(/defective: NG/);
    await expect(read(`${root}/bolt/NG/1.png`, 'auto', { split: 'train' })).rejects.toThrow(/defective: NG/);
  });

  test('leave a folder without such words as it was', async () => {
    expect(await labels(['bolt/0.png', 'nut/1.png'], 'train')).toEqual([
      'bolt/0.png bolt normal -',
      'nut/1.png nut normal -',
    ]);
    expect(await labels(['0.png', 'NG/1.png'], 'train')).toEqual(['0.png ROOT normal -']);
    expect(await labels(['train/0.png', 'test/1.png'], 'train')).toEqual(['train/0.png ROOT normal -']);
    expect(await labels(['label/0.png', 'label/1.png'], 'train')).toHaveLength(2);
  });
});

test('MVTec with flat splits, later lots and unnamed containers: train is good, test unknown', async () => {
  const root = await tree([
    'c/train/0.png',
    'c/test/good/lot2/1.png',
    'c/test/cut/2.png',
    'd/train/img/3.png',
    'd/test/4.png',
    'd/test/label/5.png',
    'd/ground_truth/label/5.png',
  ]);
  expect(lines(await read(root))).toEqual([
    'c train normal good c/train/0.png -',
    'c test anomaly cut c/test/cut/2.png -',
    'c test normal good c/test/good/lot2/1.png -',
    'd train normal good d/train/img/3.png -',
    'd test - - d/test/4.png -',
    'd test anomaly label d/test/label/5.png d/ground_truth/label/5.png',
  ]);
});
