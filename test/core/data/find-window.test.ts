import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { depthText, findWindow } from '../../../src/core/data/find-window.js';
import { imageFileFacts, longHead } from '../../../src/core/data/image-facts.js';
import type { ImageRecord } from '../../../src/core/records/schemas.js';
import { shorts, tiff } from './tiff.js';

const side = 32;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'window-'));
});
afterAll(() => rm(folder, { recursive: true }));

const values = (low: number, high: number) =>
  Uint16Array.from(
    { length: side * side },
    (_, i) => low + Math.round((i * (high - low)) / (side * side - 1)),
  );
const raw = { raw: { width: side, height: side, channels: 1 as const } };

async function file(name: string, bytes: Uint8Array): Promise<ImageRecord> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return { v: 1, type: 'image', path, class: 'x' };
}
const deepPng = async (name: string, low: number, high: number) =>
  file(name, await sharp(values(low, high), raw).toColourspace('grey16').png().toBuffer());
const shallow = async (name: string) =>
  file(
    name,
    await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
      .png()
      .toBuffer(),
  );

async function* stream(images: readonly ImageRecord[]) {
  yield* images;
}

test('one window is found for all 16-bit images of a data set, whatever their format', async () => {
  const images = [
    await shallow('a.png'),
    await deepPng('b.png', 100, 900),
    await file(
      'c.tif',
      tiff({ width: side, height: side, bits: [16], photometric: 1, data: shorts(values(300, 3500)) }),
    ),
  ];
  const found = await findWindow(stream(images));
  expect(found).toMatchObject({ images: 3, deep: 2, window: [0, 4095], values: [100, 3500] });
  expect(depthText(found!)).toBe(
    '2 of 3 images have 16 bits and use the values 100…3500 (12 bits): intensity window 0,4095; --window overrides',
  );
});

test('no window is found where all images have 8 bits', async () => {
  expect(await findWindow(stream([await shallow('d.png')]))).toBeUndefined();
});

test('images that cannot be read are passed over', async () => {
  const cut = (await sharp(values(0, 9), raw).toColourspace('grey16').png().toBuffer()).subarray(0, 60);
  const images = [
    await file('cut.png', cut),
    await file('empty.png', new Uint8Array(0)),
    { v: 1 as const, type: 'image' as const, path: join(folder, 'none.png'), class: 'x' },
    { v: 1 as const, type: 'image' as const, path: 'a\0b.png', class: 'x' },
    await deepPng('good.png', 0, 1000),
  ];
  expect(await findWindow(stream(images))).toMatchObject({ deep: 1, window: [0, 1023] });
});

test.runIf(process.platform !== 'win32')('a pipe is refused without waiting for its writer', async () => {
  const path = join(folder, 'pipe.png');
  execFileSync('mkfifo', [path]);
  await expect(imageFileFacts(path, longHead)).rejects.toThrow(/not a regular file/);
});

test.each(['jpeg', 'png', 'webp'] as const)(
  'the EXIF orientation of a %s is known and not applied',
  async (format) => {
    const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } });
    const turned = await picture.clone().toFormat(format).withMetadata({ orientation: 6 }).toBuffer();
    const { path } = await file(`turned.${format}`, turned);
    expect(await imageFileFacts(path, longHead)).toMatchObject({ format, ignoredOrientation: 6 });
    const { path: upright } = await file(`upright.${format}`, await picture.toFormat(format).toBuffer());
    expect(await imageFileFacts(upright, longHead)).toMatchObject({ ignoredOrientation: 1 });
  },
);
