import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recognise } from '../../../../src/core/data/layouts/read-dataset.js';
import { bitmap } from '../bitmap.js';
import { emptyMask, lines, picture, read, tree } from './tree.js';

describe('VisA', () => {
  const files = {
    'candle/Data/Images/Normal/0000.JPG': picture,
    'candle/Data/Images/Normal/0001.JPG': picture,
    'candle/Data/Images/Anomaly/000.JPG': picture,
    'candle/Data/Masks/Anomaly/000.png': picture,
  };
  const csv = `object,split,label,image,mask
candle,train,normal,candle/Data/Images/Normal/0001.JPG,
candle,test,normal,candle/Data/Images/Normal/0000.JPG,
candle,test,anomaly,candle/Data/Images/Anomaly/000.JPG,candle/Data/Masks/Anomaly/000.png
`;
  const expected = [
    'candle train normal good candle/Data/Images/Normal/0001.JPG -',
    'candle test normal good candle/Data/Images/Normal/0000.JPG -',
    'candle test anomaly bad candle/Data/Images/Anomaly/000.JPG candle/Data/Masks/Anomaly/000.png',
  ];

  test('follows its split table', async () => {
    const root = await tree({ ...files, 'split_csv/1cls.csv': csv });
    expect((await recognise(root)).name).toBe('visa');
    expect(lines(await read(root))).toEqual(expected);
  });

  test('takes another table, and says what is missing without one', async () => {
    const root = await tree({ ...files, 'mine.csv': csv });
    expect(lines(await read(root, 'visa', { splitTable: join(root, 'mine.csv') }))).toEqual(expected);
    await expect(read(root)).rejects.toThrow(/split_csv\/1cls\.csv: VisA needs its split table/);
  });
});

describe('Real-IAD', () => {
  const name = (part: number, state: string, view: number) =>
    `${state}/S000${part}/usb_000${part}_${state}_C${view}_2023.jpg`;
  const list = {
    meta: { normal_class: 'OK' },
    train: [1, 2].map((view) => ({ anomaly_class: 'OK', image_path: name(1, 'OK', view), mask_path: null })),
    test: [
      { anomaly_class: 'OK', image_path: name(2, 'OK', 1), mask_path: null },
      { anomaly_class: 'QS', image_path: name(3, 'NG', 1), mask_path: 'NG/S0003/usb_0003_NG_C1_2023.png' },
    ],
  };
  const expected = [
    'usb train normal good usb/OK/S0001/usb_0001_OK_C1_2023.jpg -',
    'usb train normal good usb/OK/S0001/usb_0001_OK_C2_2023.jpg -',
    'usb test normal good usb/OK/S0002/usb_0002_OK_C1_2023.jpg -',
    'usb test anomaly QS usb/NG/S0003/usb_0003_NG_C1_2023.jpg usb/NG/S0003/usb_0003_NG_C1_2023.png',
  ];

  test('follows its lists; every view is an image that says which it is', async () => {
    const root = await tree({ 'usb.json': JSON.stringify(list), 'usb/OK/S0001/x.jpg': picture });
    expect((await recognise(root)).name).toBe('real-iad');
    const reading = await read(root);
    expect(lines(reading)).toEqual(expected);
    expect(reading.records.map((r) => r.view)).toEqual(['C1', 'C2', 'C1', 'C1']);
    expect((await read(root, 'auto', { views: new Set(['C2']) })).records).toHaveLength(1);
  });

  test('as it is downloaded in one size, lists and images apart', async () => {
    const root = await tree({
      'realiad_jsons/usb.json': JSON.stringify(list),
      'realiad_1024/usb/x.jpg': picture,
    });
    expect(lines(await read(root))).toEqual(
      expected.map((line) => line.replaceAll(' usb/', ' realiad_1024/usb/')),
    );
  });

  test('with a list that is none, or that leads outside, is refused', async () => {
    const broken = await tree({ 'usb.json': '{"train":', 'usb/x.jpg': picture });
    await expect(read(broken)).rejects.toThrow(/usb\.json: expected JSON/);
    const evil = { train: [{ anomaly_class: 'OK', image_path: '../../etc/passwd' }], test: [] };
    await expect(
      read(await tree({ 'usb.json': JSON.stringify(evil), 'usb/x.jpg': picture })),
    ).rejects.toThrow(/leads outside/);
  });
});

describe('KolektorSDD', () => {
  const clean = bitmap(8, 8, 8, new Uint8Array(64));
  const cracked = bitmap(8, 8, 8, new Uint8Array(64).fill(255, 20, 30));

  test('labels by its masks; defect-free images of the first items train', async () => {
    const root = await tree({
      'kos01/Part0.jpg': picture,
      'kos01/Part0_label.bmp': clean,
      'kos01/Part1.jpg': picture,
      'kos01/Part1_label.bmp': cracked,
      'kos02/Part0.jpg': picture,
      'kos02/Part0_label.bmp': clean,
    });
    expect((await recognise(root)).name).toBe('kolektor');
    expect(lines(await read(root))).toEqual([
      'kolektorsdd train normal good kos01/Part0.jpg -',
      'kolektorsdd test anomaly defect kos01/Part1.jpg kos01/Part1_label.bmp',
      'kolektorsdd test normal good kos02/Part0.jpg -',
    ]);
  });

  test('second edition: has its split, and leaves defective training images out', async () => {
    const root = await tree({
      'train/10.png': picture,
      'train/10_GT.png': emptyMask,
      'train/11.png': picture,
      'train/11_GT.png': picture,
      'test/20.png': picture,
      'test/20_GT.png': picture,
    });
    const reading = await read(root);
    expect(lines(reading)).toEqual([
      'kolektorsdd2 train normal good train/10.png -',
      'kolektorsdd2 test anomaly defect test/20.png test/20_GT.png',
    ]);
    expect(reading.issues).toMatchObject([{ kind: 'left-out', path: 'train/11.png' }]);
  });
});

test('the right layout is recognised among all', async () => {
  const root = await tree(['x.txt']);
  await mkdir(join(root, 'photos'));
  await writeFile(join(root, 'photos', '1.png'), picture);
  await writeFile(join(root, 't.csv'), 'path\nphotos/1.png\n');
  expect((await recognise(root)).name).toBe('folder');
  expect((await recognise(join(root, 't.csv'))).name).toBe('table');
  await expect(recognise(join(root, 'none'))).rejects.toThrow(/does not exist/);
});
