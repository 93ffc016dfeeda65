import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readImageFile } from '../../../../src/core/data/decode.js';
import { recognise } from '../../../../src/core/data/layouts/read-dataset.js';
import { pathToOpen } from '../../../../src/core/data/paths.js';
import { InputMissingError, UsageError } from '../../../../src/core/errors.js';
import { lines, picture, read, tree } from './tree.js';

describe('a plain folder', () => {
  test('gives images of every ending, named after their folder, with unknown labels', async () => {
    const root = await tree([
      'bolt/2.TIFF',
      'bolt/1.jpg',
      'nut/a.WebP',
      'nut/deep/b.bmp',
      'notes.txt',
      'nut/list.csv',
    ]);
    expect(lines(await read(root))).toEqual([
      'bolt - - - bolt/1.jpg -',
      'bolt - - - bolt/2.TIFF -',
      'nut - - - nut/a.WebP -',
      'deep - - - nut/deep/b.bmp -',
    ]);
  });

  test('takes a class and is normal when it is to be trained on', async () => {
    const root = await tree(['1.png', 'sub/2.png']);
    expect(lines(await read(root, 'folder', { className: 'screw', split: 'train' }))).toEqual([
      'screw train normal - 1.png -',
      'screw train normal - sub/2.png -',
    ]);
    expect((await read(root)).records[0]!.class).toBe(root.split('/').at(-1));
  });

  test('without images is an error that names it and what was looked for', async () => {
    const root = await tree({ 'readme.md': 'nothing' });
    await expect(read(root)).rejects.toThrow(InputMissingError);
    await expect(read(root)).rejects.toThrow(
      new RegExp(`^${root}: no images found .*looked for images \\(png, jpg`),
    );
    await expect(read(join(root, 'none'))).rejects.toThrow(/does not exist/);
    await expect(read(root, 'nonsense')).rejects.toThrow(UsageError);
  });

  test('with loops of symbolic links ends, each real folder read once', async () => {
    const root = await tree(['a/1.png', 'b/2.png']);
    await symlink('..', join(root, 'a', 'up'));
    await symlink('../b', join(root, 'a', 'beside'));
    await symlink('nowhere', join(root, 'broken.png'));
    expect((await read(root)).records.map((r) => r.path)).toEqual(['a/1.png', 'a/beside/2.png']);
  });

  test.runIf(process.platform === 'linux')('keeps names of any bytes openable', async () => {
    const root = await tree({});
    const names = fc
      .uint8Array({ minLength: 1, maxLength: 40 })
      .filter((name) => name[0] !== 0x2e && !name.includes(0) && !name.includes(0x2f));
    const odd = ['\n', ' x', '--help', '"', '\u2028', '😀', '%2e', '\\'].map((name) => Buffer.from(name));
    let count = 0;
    for (const name of [...odd, ...fc.sample(names, 500)]) {
      const folder = join(root, String(count++));
      await mkdir(folder);
      const path = Buffer.concat([Buffer.from(`${folder}/`), name, Buffer.from('.png')]);
      await writeFile(path, picture);
    }
    const { records } = await read(root);
    expect(records).toHaveLength(count);
    for (const record of records) {
      const back = JSON.parse(JSON.stringify(record)) as typeof record;
      const path = pathToOpen(back);
      const full = typeof path === 'string' ? join(root, path) : path;
      expect(await readImageFile(full)).toEqual(picture);
    }
    expect(records.some((r) => r.path_b64 !== undefined)).toBe(true);
  });
});

test('an image file by itself is a data set of one', async () => {
  const root = await tree(['photo.jpg']);
  expect((await recognise(join(root, 'photo.jpg'))).name).toBe('image');
  const { records } = await read(join(root, 'photo.jpg'), 'auto', { className: 'bolt' });
  expect(records).toEqual([{ v: 1, type: 'image', path: join(root, 'photo.jpg'), class: 'bolt' }]);
});
