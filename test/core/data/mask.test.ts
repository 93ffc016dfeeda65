import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maskAt, maskDoubt, readMask } from '../../../src/core/data/mask.js';
import { DataError } from '../../../src/core/errors.js';
import { readSafetensors } from '../../../src/core/files/safetensors.js';
import { fixturePath } from '../../fixtures.js';
import { renderedGears } from '../../rendered-parts.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mask-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A mask file with a filled square in its top left corner. */
async function maskFile(
  name: string,
  width: number,
  height: number,
  square: number,
  value = 255,
): Promise<string> {
  const data = Uint8Array.from({ length: width * height }, (_, i) =>
    i % width < square && Math.floor(i / width) < square ? value : 0,
  );
  await sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(join(folder, name));
  return join(folder, name);
}

describe('a mask', () => {
  test('is resized as Pillow does and cut at one half', async () => {
    const { tensors } = await readSafetensors(fixturePath('resize-pillow.safetensors'));
    const [input, output] = [tensors.get('mask.in')!, tensors.get('mask.out')!];
    const [height, width] = input.shape as [number, number];
    const mask = maskAt({ width, height, channels: 1, data: input.data as Uint8Array }, 64, 64);
    expect([...mask.data]).toEqual([...(output.data as Uint8Array)].map((v) => (v / 255 > 0.5 ? 1 : 0)));
  });

  test('whose foreground is a small number counts as any other', async () => {
    const mask = await readMask(await maskFile('small.png', 512, 512, 128, 1), { width: 256, height: 256 });
    expect(mask).toMatchObject({
      area: 64 * 64,
      sourceArea: 128 * 128,
      sourceSize: [512, 512],
      vanished: false,
    });
    expect([...new Set(mask.data)].sort()).toEqual([0, 1]);
  });

  test('of 16 bits keeps a foreground of 1', async () => {
    const data = Uint16Array.from({ length: 64 }, (_, i) => (i < 32 ? 1 : 0));
    await sharp(data, { raw: { width: 8, height: 8, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toFile(join(folder, 'deep.png'));
    expect(await readMask(join(folder, 'deep.png'), { width: 8, height: 8 })).toMatchObject({ area: 32 });
  });

  test('whose defect is lost in the resize says so', async () => {
    const tiny = await readMask(await maskFile('tiny.png', 1024, 1024, 1), { width: 256, height: 256 });
    expect(tiny).toMatchObject({ area: 0, sourceArea: 1, vanished: true });
    const empty = await readMask(await maskFile('empty.png', 64, 64, 0), { width: 256, height: 256 });
    expect(empty).toMatchObject({ area: 0, sourceArea: 0, vanished: false });
  });

  test('of another size but the same view is taken, of another aspect refused with both sizes', async () => {
    const path = await maskFile('half.png', 150, 100, 20);
    const at = (imageSize: [number, number]) => readMask(path, { width: 256, height: 256, imageSize });
    await expect(at([300, 200])).resolves.toMatchObject({ vanished: false });
    await expect(at([301, 200])).resolves.toBeDefined();
    await expect(at([200, 300])).rejects.toThrow(/mask is 150×100, its image 200×300/);
    await expect(at([200, 200])).rejects.toThrow(DataError);
  });

  test('that marks most of its image or the whole border is doubted, as is one of a good image', () => {
    const of = (marks: (x: number, y: number) => boolean) => {
      const data = Uint8Array.from({ length: 400 }, (_, i) => (marks(i % 20, Math.floor(i / 20)) ? 255 : 0));
      return maskAt({ width: 20, height: 20, channels: 1, data }, 16, 16);
    };
    const spot = (x: number, y: number) => x > 4 && x < 9 && y > 4 && y < 9;
    const most = (x: number, y: number) => x > 1 && x < 18 && y > 1 && y < 18;
    expect(maskDoubt(of((x, y) => !spot(x, y)))).toBe('inverted');
    expect(maskDoubt(of((x, y) => !most(x, y)))).toBe('inverted'); // a large defect, black on white
    expect(maskDoubt(of(() => true))).toBe('inverted');
    expect(maskDoubt(of(most))).toBe('inverted');
    expect(maskDoubt(of(spot), 'anomaly')).toBeUndefined();
    expect(maskDoubt(of((x) => x < 8))).toBeUndefined(); // a crack from edge to edge
    expect(maskDoubt(of(spot), 'normal')).toBe('of-good-image');
    expect(
      maskDoubt(
        of(() => false),
        'normal',
      ),
    ).toBeUndefined();
  });

  test('that is no image is refused with its path', async () => {
    await writeFile(join(folder, 'bad.png'), '');
    await expect(readMask(join(folder, 'bad.png'), { width: 256, height: 256 })).rejects.toThrow(
      /bad\.png: empty file/,
    );
  });
});

test('the mask of a defective part marks a piece of its picture', async () => {
  const mask = await readMask((await renderedGears()).mask, { width: 256, height: 256 });
  expect(mask.area).toBeGreaterThan(100);
  expect(mask.area).toBeLessThan(256 * 256 * 0.5);
});
