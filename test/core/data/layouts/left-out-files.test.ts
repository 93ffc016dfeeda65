import { execFileSync } from 'node:child_process';
import { chmod, link, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DataError, InputMissingError } from '../../../../src/core/errors.js';
import { picture, type Reading, read, tree } from './tree.js';

const kinds = ({ issues }: Reading) => issues.map(({ kind, path }) => `${kind} ${path}`).sort();
const paths = ({ records }: Reading) => records.map(({ path }) => path);

describe('no file vanishes without a word', () => {
  test('in a plain folder: formats that are not read, broken links, pipes, hidden images, other files', async () => {
    const root = await tree({
      'bolt/a.png': picture,
      'bolt/b.JFIF': picture,
      'bolt/c.pgm': 'P5',
      'bolt/d.HEIC': 'x',
      'bolt/IMG001': picture,
      'bolt/notes.txt': 'x',
      'bolt/.e.png': picture,
      'bolt/.f.png.icloud': 'x',
      'bolt/empty.png': '',
      'bolt/lot2/g.jpe': picture,
    });
    await symlink('nowhere.png', join(root, 'bolt', 'h.png'));
    execFileSync('mkfifo', [join(root, 'bolt', 'i.png')]);
    const reading = await read(root);
    expect(paths(reading)).toEqual(['bolt/a.png', 'bolt/b.JFIF', 'bolt/empty.png', 'bolt/lot2/g.jpe']);
    expect(kinds(reading)).toEqual([
      'broken-link bolt/h.png',
      'file-empty bolt/empty.png',
      'hidden bolt/.e.png',
      'hidden bolt/.f.png.icloud',
      'other-file bolt/notes.txt',
      'special-file bolt/i.png',
      'unread-image bolt/IMG001',
      'unread-image bolt/c.pgm',
      'unread-image bolt/d.HEIC',
    ]);
  });

  test('in MVTec: also what belongs to neither split, and later lots are read', async () => {
    const root = await tree({
      'c/train/good/0.png': picture,
      'c/train/good/lot2/1.png': picture,
      'c/validation/good/3.png': picture,
      'c/test/cut/4.png': picture,
      'c/test/cut/5.pgm': 'P5',
      'c/6.png': picture,
      'other/7.png': picture,
      'c/license.txt': 'x',
      'c/Thumbs.db': 'x',
      '.DS_Store': 'x',
    });
    const reading = await read(root);
    expect(paths(reading)).toEqual(['c/train/good/0.png', 'c/train/good/lot2/1.png', 'c/test/cut/4.png']);
    expect(reading.issues).toEqual([
      { kind: 'unread-image', path: 'c/test/cut/5.pgm' },
      { kind: 'left-out', path: 'c/validation', note: 'it belongs to neither train nor test', count: 1 },
      { kind: 'left-out', path: 'other', note: 'it is not laid out as mvtec', count: 1 },
      { kind: 'left-out', path: 'c/6.png', note: 'it belongs to neither train nor test' },
    ]);
  });

  test.each([
    [
      'a class of a plain folder',
      { 'a/1.png': picture, 'b/1.heic': 'x', 'b/2.heic': 'x' },
      /b: holds no image that can be read, but 2/,
    ],
    ['the good parts of a class', { 'OK/1.heic': 'x', 'NG/1.png': picture }, /OK: holds no image/],
    [
      'the training images of a class',
      { 'c/train/good/1.dng': 'x', 'c/test/good/1.png': picture },
      /train\/good: holds no image/,
    ],
  ])('an error where nothing is left of %s', async (_, files, message) => {
    await expect(read(await tree(files))).rejects.toThrow(DataError);
    await expect(read(await tree(files))).rejects.toThrow(message);
  });

  test('no error for a folder without images, nor for a class that is not asked for', async () => {
    const root = await tree({
      'a/1.png': picture,
      'b/1.heic': 'x',
      'texts/notes.md': 'x',
      'docs/x.svg': 'x',
    });
    expect(paths(await read(root, 'auto', { classes: new Set(['a']) }))).toEqual(['a/1.png']);
    expect(paths(await read(await tree({ 'a/1.png': picture, 'docs/x.svg': 'x' })))).toEqual(['a/1.png']);
  });

  // Root may read everything.
  test.skipIf(process.getuid?.() === 0)('a folder that may not be read ends the run', async () => {
    for (const part of ['c/test/cut', 'c/test', 'd']) {
      const root = await tree(['c/train/good/0.png', 'c/test/cut/1.png', 'd/train/good/2.png']);
      await chmod(join(root, part), 0);
      await expect(read(root)).rejects.toThrow(InputMissingError);
      await expect(read(root)).rejects.toThrow(part);
      await chmod(join(root, part), 0o755);
    }
  });

  test('the same file by two names is named, and a folder is read once', async () => {
    const root = await tree(['a/1.png']);
    await link(join(root, 'a', '1.png'), join(root, 'a', '2.png'));
    await symlink('1.png', join(root, 'a', '3.png'));
    await symlink('a', join(root, 'b'));
    const reading = await read(root);
    expect(paths(reading)).toEqual(['a/1.png', 'a/2.png', 'a/3.png']);
    expect(kinds(reading)).toEqual(['duplicate a/2.png', 'duplicate a/3.png', 'read-already b']);
  });

  test('KolektorSDD: an image without its label image, and the reverse', async () => {
    const root = await tree(['test/1.png', 'test/1_GT.png', 'test/2.png', 'test/3_GT.png']);
    expect(kinds(await read(root))).toEqual(['left-out test/2.png', 'mask-without-image test/3_GT.png']);
  });

  test('MVTec-3D: images beside the folder of colour images', async () => {
    const root = await tree(['c/train/good/rgb/0.png', 'c/train/good/1.png', 'c/train/good/xyz/0.tiff']);
    const reading = await read(root);
    expect(paths(reading)).toEqual(['c/train/good/rgb/0.png']);
    expect(kinds(reading)).toEqual(['left-out c/train/good/1.png']);
  });
});

test.each([
  '@eaDir/1.png/SYNOPHOTO_THUMB_M.png',
  '.@__thumb/1.png',
  '@__thumb/1.png',
  '#recycle/1.png',
  '__MACOSX/bolt/._1.png',
  '.thumbnails/1.png',
  'lost+found/1.png',
  '.Trash-1000/files/1.png',
  '$RECYCLE.BIN/1.png',
  'System Volume Information/1.png',
  '._1.png',
])('what systems keep for themselves is no image and not worth a word: %s', async (file) => {
  for (const folder of ['bolt', 'c/train/good', 'c/ground_truth/cut']) {
    const root = await tree([
      'bolt/1.png',
      'c/train/good/1.png',
      'c/test/cut/1.png',
      'c/ground_truth/cut/1.png',
    ]);
    const extra = await tree([`${folder}/${file}`]);
    execFileSync('cp', ['-r', `${extra}/.`, root]);
    const before = await read(`${root}/${folder.split('/')[0]}`);
    expect(before.records.filter(({ path }) => path.includes(file))).toEqual([]);
    expect(before.issues).toEqual([]);
  }
});

test('visible thumbnails are left out and counted, unless there is nothing else', async () => {
  const root = await tree(['bolt/1.png', 'bolt/thumbs/1.png']);
  const reading = await read(root);
  expect(paths(reading)).toEqual(['bolt/1.png']);
  expect(reading.issues).toEqual([{ kind: 'left-out', path: 'bolt/thumbs', note: 'thumbnails', count: 1 }]);
  expect(paths(await read(await tree(['thumbs/1.png'])))).toEqual(['thumbs/1.png']);
});
