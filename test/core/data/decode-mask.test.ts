import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeMask } from '../../../src/core/data/decode-mask.js';
import { tiff } from './tiff.js';

const side = 64;
const inside = (i: number) => i % side >= 20 && i % side < 40 && i >= 20 * side && i < 36 * side;
const area = 20 * 16;
const pixels = { length: side * side };
const square = (mark: number, ground = 0) => Uint8Array.from(pixels, (_, i) => (inside(i) ? mark : ground));
const raw = (channels: 1 | 2 | 3 | 4) => ({ raw: { width: side, height: side, channels } });
const grey = (data: Uint8Array | Uint16Array) => sharp(data, raw(1)).toColourspace('b-w');
const marked = async (bytes: Uint8Array) =>
  (await decodeMask(bytes, { path: 'mask' })).data.reduce((n, v) => n + (v ? 1 : 0), 0);

describe('a mask compressed with losses is cut at half of its range:', () => {
  test.each([30, 75, 95])('a JPEG of quality %i', async (quality) => {
    const found = await marked(await grey(square(255)).jpeg({ quality }).toBuffer());
    expect(Math.abs(found - area)).toBeLessThan(area * 0.05);
  });

  test('a JPEG of grey or coloured marks', async () => {
    const dim = await marked(await grey(square(120)).jpeg({ quality: 75 }).toBuffer());
    expect(Math.abs(dim - area)).toBeLessThan(area * 0.05);
    for (const colour of [
      [255, 0, 0],
      [0, 0, 255],
    ]) {
      const data = Uint8Array.from({ length: 3 * side * side }, (_, i) =>
        inside(Math.floor(i / 3)) ? colour[i % 3]! : 0,
      );
      const found = await marked(await sharp(data, raw(3)).jpeg({ quality: 85 }).toBuffer());
      expect(Math.abs(found - area)).toBeLessThan(area * 0.15);
    }
  });

  test('a lossy WebP', async () => {
    const found = await marked(await grey(square(255)).webp({ quality: 50 }).toBuffer());
    expect(Math.abs(found - area)).toBeLessThan(area * 0.05);
  });

  test.each(['png', 'tiff', 'gif'] as const)('a %s that was once a JPEG', async (format) => {
    const jpeg = await grey(square(255)).jpeg({ quality: 75 }).toBuffer();
    const found = await marked(await sharp(jpeg).toFormat(format).toBuffer());
    expect(Math.abs(found - area)).toBeLessThan(area * 0.05);
  });

  test('an empty one marks nothing', async () => {
    expect(await marked(await grey(square(0)).jpeg().toBuffer())).toBe(0);
    expect(await marked(await grey(square(3, 1)).jpeg().toBuffer())).toBe(0);
  });
});

describe('of any other mask every pixel that is not zero marks a defect:', () => {
  test.each([1, 2, 3, 128, 255])('a label of %i', async (mark) => {
    expect(await marked(await grey(square(mark)).png().toBuffer())).toBe(area);
    expect(await marked(await grey(square(mark)).webp({ lossless: true }).toBuffer())).toBe(area);
  });

  test('labels 1 to 20 with a border of 255', async () => {
    const data = Uint8Array.from(pixels, (_, i) => (inside(i) ? (i % side === 20 ? 255 : 1 + (i % 20)) : 0));
    expect(await marked(await grey(data).png().toBuffer())).toBe(area);
  });

  test('the soft edge of a scaled mask', async () => {
    const large = await sharp(await grey(square(255)).png().toBuffer())
      .resize(256, 256, { kernel: 'linear' })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const values = await sharp(large).extractChannel(0).raw().toBuffer();
    expect(await marked(large)).toBe(values.filter((v) => v > 0).length);
  });

  test('16-bit labels, grey and coloured', async () => {
    const data = Uint16Array.from(pixels, (_, i) => (inside(i) ? 1 : 0));
    const one = await sharp(data, raw(1)).toColourspace('grey16').png().toBuffer();
    expect(await marked(one)).toBe(area);
    const blue = Uint16Array.from({ length: 3 * side * side }, (_, i) =>
      i % 3 === 2 && inside(Math.floor(i / 3)) ? 1 : 0,
    );
    expect(await marked(await sharp(blue, raw(3)).toColourspace('rgb16').png().toBuffer())).toBe(area);
  });

  test('a faint blue, which has no brightness to speak of', async () => {
    const blue = Uint8Array.from({ length: 3 * side * side }, (_, i) =>
      i % 3 === 2 && inside(Math.floor(i / 3)) ? 1 : 0,
    );
    expect(await marked(await sharp(blue, raw(3)).png().toBuffer())).toBe(area);
  });

  test('palettes and single bits', async () => {
    const colours = Uint8Array.from({ length: 3 * side * side }, (_, i) =>
      inside(Math.floor(i / 3)) ? [128, 0, 0][i % 3]! : 0,
    );
    const palette = await sharp(colours, raw(3)).png({ palette: true, colours: 2, dither: 0 }).toBuffer();
    expect(await marked(palette)).toBe(area);
    const bits = await grey(square(255)).tiff({ bitdepth: 1 }).toBuffer();
    expect(await marked(bits)).toBe(area);
  });

  test('floats, as numerical programs write them', async () => {
    const values = Float32Array.from(pixels, (_, i) => (inside(i) ? 0.5 : 0));
    const bytes = tiff({
      ...{ width: side, height: side, bits: [32], photometric: 1 },
      data: new Uint8Array(values.buffer),
      more: [[339, 3, [3]]],
    });
    expect(await marked(bytes)).toBe(area);
  });
});

test('a mask of one colour is its alpha', async () => {
  for (const colour of [0, 255]) {
    const data = Uint8Array.from({ length: 4 * side * side }, (_, i) =>
      i % 4 < 3 ? colour : inside(Math.floor(i / 4)) ? 255 : 0,
    );
    expect(await marked(await sharp(data, raw(4)).png().toBuffer())).toBe(area);
  }
  const opaque = Uint8Array.from({ length: 4 * side * side }, (_, i) =>
    i % 4 < 3 ? (inside(Math.floor(i / 4)) ? 255 : 0) : 255,
  );
  expect(await marked(await sharp(opaque, raw(4)).png().toBuffer())).toBe(area);
});
