import { describe, expect, test } from 'vitest';
import { recognise } from '../../../../src/core/data/layouts/read-dataset.js';
import { ImageRecord } from '../../../../src/core/records/schemas.js';
import { renderedParts } from '../../../rendered-parts.js';
import { lines, read, tree } from './tree.js';

const bottle = [
  'bottle/train/good/001.png',
  'bottle/train/good/000.PNG',
  'bottle/test/good/000.png',
  'bottle/test/crack/000.png',
  'bottle/test/crack/001.jpeg',
  'bottle/ground_truth/crack/000_mask.png',
  'bottle/ground_truth/crack/001_mask.png',
];

describe('MVTec-AD', () => {
  test('reads classes, splits, defects and masks in bytewise order', async () => {
    const root = await tree([
      ...bottle,
      'Aa/train/good/0.webp',
      'bottle/license.txt',
      'bottle/train/good/.hidden.png',
      'readme.txt',
    ]);
    expect((await recognise(root)).name).toBe('mvtec');
    expect(lines(await read(root))).toEqual([
      'Aa train normal good Aa/train/good/0.webp -',
      'bottle train normal good bottle/train/good/000.PNG -',
      'bottle train normal good bottle/train/good/001.png -',
      'bottle test anomaly crack bottle/test/crack/000.png bottle/ground_truth/crack/000_mask.png',
      'bottle test anomaly crack bottle/test/crack/001.jpeg bottle/ground_truth/crack/001_mask.png',
      'bottle test normal good bottle/test/good/000.png -',
    ]);
    for (const record of (await read(root)).records) ImageRecord.parse(record);
  });

  test('takes one class folder by itself, one split, or some classes', async () => {
    const root = await tree([...bottle, 'nut/train/good/0.png']);
    expect(lines(await read(`${root}/bottle`, 'mvtec', { split: 'train' }))).toEqual([
      'bottle train normal good train/good/000.PNG -',
      'bottle train normal good train/good/001.png -',
    ]);
    const nuts = await read(root, 'auto', { classes: new Set(['nut']) });
    expect(nuts.records.map((r) => r.class)).toEqual(['nut']);
    await expect(read(root, 'auto', { classes: new Set(['screw']) })).rejects.toThrow(
      /no images of class screw found/,
    );
    await expect(read(`${root}/nut`, 'auto', { split: 'test' })).rejects.toThrow(
      /no test images found \(layout mvtec\); looked for <class>/,
    );
  });

  test('reports masks that belong to no image, and gives no mask where there is none', async () => {
    const root = await tree([
      'c/train/good/0.png',
      'c/test/dent/000.png',
      'c/test/dent/001.png',
      'c/ground_truth/dent/001_mask.png',
      'c/ground_truth/dent/007_mask.png',
      'c/ground_truth/hole/000_mask.png',
    ]);
    const { records, issues } = await read(root, 'auto', { split: 'test' });
    expect(records.map((r) => r.mask)).toEqual([undefined, 'c/ground_truth/dent/001_mask.png']);
    expect(issues).toEqual([
      { kind: 'image-without-mask', path: 'c/test/dent/000.png' },
      { kind: 'mask-without-image', path: 'c/ground_truth/dent/007_mask.png' },
      { kind: 'mask-without-image', path: 'c/ground_truth/hole/000_mask.png' },
    ]);
  });

  test('is what synth renders: every defective image has its mask, and nothing is odd', async () => {
    const { records, issues } = await read(await renderedParts());
    const count = (name: string, split: string, label: string) =>
      records.filter((r) => r.class === name && r.split === split && r.label === label).length;
    for (const name of ['capsule', 'gear']) {
      expect([count(name, 'train', 'normal'), count(name, 'test', 'normal')]).toEqual([3, 2]);
      expect(count(name, 'test', 'anomaly')).toBe(3);
    }
    expect(records.filter((r) => r.label === 'anomaly').every((r) => r.mask !== undefined)).toBe(true);
    expect(issues).toEqual([]);
  });
});

test('BTAD calls good parts ok, its masks as the images with another ending', async () => {
  const root = await tree([
    '01/train/ok/0000.bmp',
    '01/test/ok/0001.bmp',
    '01/test/ko/0002.bmp',
    '01/ground_truth/ko/0002.png',
  ]);
  expect(lines(await read(root, 'btad'))).toEqual([
    '01 train normal good 01/train/ok/0000.bmp -',
    '01 test anomaly ko 01/test/ko/0002.bmp 01/ground_truth/ko/0002.png',
    '01 test normal good 01/test/ok/0001.bmp -',
  ]);
});

test.each(['mpdd', 'uni-medical', 'visa-1cls'])('%s is laid out as MVTec', async (name) => {
  const root = await tree(['x/train/good/1.png', 'x/test/bad/2.png', 'x/ground_truth/bad/2.png']);
  expect(lines(await read(root, name))).toEqual([
    'x train normal good x/train/good/1.png -',
    'x test anomaly bad x/test/bad/2.png x/ground_truth/bad/2.png',
  ]);
});

test('MVTec-3D: colour images only, validation joins training, masks lie beside', async () => {
  const root = await tree([
    'bagel/train/good/rgb/000.png',
    'bagel/train/good/xyz/000.tiff',
    'bagel/validation/good/rgb/000.png',
    'bagel/test/good/rgb/000.png',
    'bagel/test/good/gt/000.png',
    'bagel/test/hole/rgb/000.png',
    'bagel/test/hole/gt/000.png',
    'bagel/test/hole/xyz/000.tiff',
  ]);
  expect((await recognise(root)).name).toBe('mvtec-3d');
  expect(lines(await read(root))).toEqual([
    'bagel train normal good bagel/train/good/rgb/000.png -',
    'bagel train normal good bagel/validation/good/rgb/000.png -',
    'bagel test normal good bagel/test/good/rgb/000.png -',
    'bagel test anomaly hole bagel/test/hole/rgb/000.png bagel/test/hole/gt/000.png',
  ]);
});
