import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DataError } from '../../../src/core/errors.js';
import { importWeights } from '../../../src/core/weights/import.js';
import { readPackageFolder } from '../../../src/core/weights/package-archive.js';
import { type Entry, tarball, tarOf } from './hostile-archive.js';
import { scratchFolder } from './small-files.js';

const limits = { entries: 4, file: 2000, total: 20_000 };
const good: Entry = { name: 'package/model/a.bin', body: 'abc' };

async function reading(archive: Uint8Array) {
  const file = join(await scratchFolder(), 'archive.tgz');
  await writeFile(file, archive);
  return readPackageFolder(file, 'package/model', limits);
}

test('the files of one folder are read, and no others', async () => {
  const files = await reading(
    tarball([
      { name: 'package/model/', type: '5' },
      good,
      { name: 'package/model/deeper/b.bin', body: 'de' },
      { name: 'package/other/c.bin', body: 'f' },
    ]),
  );
  const texts = [...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString()]);
  expect(texts).toEqual([
    ['a.bin', 'abc'],
    ['deeper/b.bin', 'de'],
  ]);
});

describe('an archive is refused, by name, when', () => {
  test.each<[string, Entry[], RegExp]>([
    ['a name climbs', [good, { name: 'package/model/../../../x' }], /x leads out of the archive/],
    ['a name is absolute', [{ name: '/etc/passwd' }], /leads out of the archive/],
    ['a name has a backslash', [{ name: 'package\\..\\x' }], /leads out of the archive/],
    [
      'it holds a symbolic link',
      [{ name: 'package/model/l', type: '2', link: '/etc/passwd' }],
      /SymbolicLink/,
    ],
    ['it holds a hard link', [{ name: 'package/model/l', type: '1', link: 'package/model/a' }], /is a Link/],
    ['it holds a device', [{ name: 'package/model/d', type: '3' }], /CharacterDevice/],
    ['it holds a pipe, in another folder too', [{ name: 'package/p', type: '6' }], /FIFO/],
    ['a file is too large', [{ ...good, body: 'x'.repeat(2001) }], /has 2001 bytes, at most 2000/],
    ['a file claims to be huge', [{ ...good, size: 7e9 }], /has 7000000000 bytes, at most 2000/],
    ['a file comes twice', [good, good], /a\.bin is in it twice/],
    [
      'there are too many entries',
      Array.from({ length: 5 }, (_, i) => ({ name: `e${i}` })),
      /more than 4 entries/,
    ],
    [
      'extended headers are too many',
      Array.from({ length: 5 }, () => ({ name: 'x', type: 'x', body: '12 a=12345\n' })),
      /more than 4 entries/,
    ],
  ])('%s', async (_, entries, reason) => {
    await expect(reading(tarball(entries))).rejects.toThrow(reason);
    await expect(reading(tarball(entries))).rejects.toThrow(DataError);
    await expect(reading(tarball(entries))).rejects.toThrow(/archive\.tgz/);
  });

  test('it unpacks to too much, in its files or after its end', async () => {
    const rest = Buffer.alloc(30_000);
    await expect(reading(gzipSync(Buffer.concat([tarOf([good]), rest])))).rejects.toThrow('more than 20000');
    const many = Array.from({ length: 4 }, (_, i) => ({ name: `f${i}`, body: Buffer.alloc(2000) }));
    await expect(reading(tarball([...many.slice(1), { ...many[0]!, size: 1999 }]))).resolves.toBeDefined();
    await expect(reading(gzipSync(Buffer.alloc(1 << 28)))).rejects.toThrow('more than 20000');
  });

  test('it is cut off, damaged, compressed twice or no archive', async () => {
    const whole = tarball([good]);
    for (const broken of [whole.subarray(0, 60), gzipSync(tarOf([good]).subarray(0, 600)), gzipSync('text')])
      await expect(reading(broken)).rejects.toThrow(/archive\.tgz: cannot be unpacked/);
    await expect(reading(gzipSync(whole))).rejects.toThrow('compressed twice');
  });
});

test('a tarball whose model names files elsewhere is refused, and nothing is left of it', async () => {
  const dir = await scratchFolder();
  const file = join(dir, 'model.tgz');
  const weights = [{ name: 'a', shape: [1], dtype: 'float32' }];
  for (const path of ['../../../../etc/passwd', '/etc/passwd', 'absent.bin']) {
    const body = JSON.stringify({ weightsManifest: [{ paths: [path], weights }] });
    await writeFile(file, tarball([{ name: 'package/ResNet50/model.json', body }]));
    await expect(importWeights(file, { dir })).rejects.toThrow(`${path} `);
  }
  expect(await readdir(dir)).toEqual(['model.tgz']);
});
