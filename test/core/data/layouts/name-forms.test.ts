import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDataset } from '../../../../src/core/data/layouts/read-dataset.js';
import { lines, read, tree } from './tree.js';

const [nfc, nfd] = ['Pr\u00fcfling', 'Pru\u0308fling'];

describe('one name in two normal forms of Unicode', () => {
  test('finds its mask, and its class is in NFC; paths keep their bytes', async () => {
    const root = await tree([
      `${nfd}/train/good/0.png`,
      `${nfd}/test/${nfd}/${nfd}.png`,
      `${nfd}/ground_truth/${nfc}/${nfc}_mask.png`,
    ]);
    expect(lines(await read(root))).toEqual([
      `${nfc} train normal good ${nfd}/train/good/0.png -`,
      `${nfc} test anomaly ${nfc} ${nfd}/test/${nfd}/${nfd}.png ${nfd}/ground_truth/${nfc}/${nfc}_mask.png`,
    ]);
  });

  test.each([nfc, nfd])('is one class, however it is asked for', async (name) => {
    const root = await tree([`${nfc}/0.png`, 'nut/1.png']);
    const { records } = await read(root, 'auto', { classes: new Set([name]) });
    expect(records.map((r) => r.class)).toEqual([nfc]);
    const named = await read(root, 'auto', { classes: new Set([name]), className: name });
    expect(named.records.map((r) => r.class)).toEqual([nfc, nfc]);
    const mvtec = await tree([`${nfd}/train/good/0.png`, 'nut/train/good/1.png']);
    expect((await read(mvtec, 'auto', { classes: new Set([name]) })).records).toHaveLength(1);
  });

  test.each([
    [nfc, nfd],
    [nfd, nfc],
  ])('opens the file that is there, from a table or the command line', async (written, onDisk) => {
    const root = await tree([`${onDisk}/${onDisk}.png`, `${onDisk}/m.png`]);
    const table = join(root, 't.csv');
    await writeFile(
      table,
      `path,mask,class,label\n${written}/${written}.png,${written}/m.png,${written},ng\n`,
    );
    expect(lines(await read(table))).toEqual([
      `${nfc} - anomaly - ${root}/${onDisk}/${onDisk}.png ${root}/${onDisk}/m.png`,
    ]);
    const found = [];
    for await (const { path } of readDataset(join(root, written), 'auto')) found.push(path);
    expect(found).toEqual([`${root}/${onDisk}/${onDisk}.png`, `${root}/${onDisk}/m.png`]);
  });
});
