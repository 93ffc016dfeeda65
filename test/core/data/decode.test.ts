import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeRgb, readImageFile } from '../../../src/core/data/decode.js';
import { decodeMask } from '../../../src/core/data/decode-mask.js';
import type { IntensityWindow } from '../../../src/core/data/intensity-window.js';
import { resizeBilinear } from '../../../src/core/data/resize.js';
import { DataError, InputMissingError } from '../../../src/core/errors.js';
import { renderedGears } from '../../rendered-parts.js';
import { bitmap } from './bitmap.js';

const side = 16;
const colours = Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 2654435761) >>> 24);
const raw = (channels: 1 | 2 | 3 | 4) => ({ raw: { width: side, height: side, channels } });
const rgb = () => sharp(colours, raw(3));
const decode = (bytes: Uint8Array, window?: IntensityWindow) =>
  decodeRgb(bytes, { path: 'photo.img', window });
const grey = colours.subarray(0, side * side);
const tripled = (values: ArrayLike<number>) =>
  Uint8Array.from({ length: values.length * 3 }, (_, i) => values[Math.floor(i / 3)]!);

describe('decoding gives RGB as Pillow does:', () => {
  test('lossless colour, byte for byte', async () => {
    for (const bytes of [
      await rgb().png().toBuffer(),
      await rgb().tiff({ compression: 'lzw' }).toBuffer(),
      await rgb().webp({ lossless: true }).toBuffer(),
    ]) {
      expect(await decode(bytes)).toMatchObject({
        width: side,
        height: side,
        channels: 3,
        data: Buffer.from(colours),
      });
    }
  });

  test('grey becomes three equal channels', async () => {
    const png = await sharp(grey, raw(1)).toColourspace('b-w').png().toBuffer();
    expect([...(await decode(png)).data]).toEqual([...tripled(grey)]);
  });

  test('alpha is dropped, not composited', async () => {
    const rgba = Uint8Array.from({ length: side * side * 4 }, (_, i) =>
      i % 4 === 3 ? i % 256 : colours[i % 700]!,
    );
    const png = await sharp(rgba, raw(4)).png().toBuffer();
    expect([...(await decode(png)).data]).toEqual([...rgba].filter((_, i) => i % 4 !== 3));
    const la = Uint8Array.from({ length: side * side * 2 }, (_, i) => (i % 2 ? 7 : grey[i / 2]!));
    const greyAlpha = await sharp(la, raw(2)).toColourspace('b-w').png().toBuffer();
    expect([...(await decode(greyAlpha)).data]).toEqual([...tripled(grey)]);
  });

  test('16-bit samples in the full window keep their high byte, grey and colour', async () => {
    const deep = Uint16Array.from({ length: side * side * 3 }, (_, i) => (i * 2654435761) >>> 16);
    const colour = await sharp(deep, raw(3)).toColourspace('rgb16').png().toBuffer();
    expect([...(await decode(colour, [0, 65535])).data]).toEqual([...deep].map((v) => v >> 8));
    const deepGrey = deep.subarray(0, side * side);
    const one = await sharp(deepGrey, raw(1)).toColourspace('grey16').png().toBuffer();
    const high = tripled([...deepGrey].map((v) => v >> 8));
    expect([...(await decode(one, [0, 65535])).data]).toEqual([...high]);
  });

  test('16-bit samples go through the window, values outside become black and white, alpha is dropped', async () => {
    const deep = Uint16Array.from({ length: side * side * 2 }, (_, i) =>
      i % 2 ? 9 : [0, 999, 1000, 2000, 2999, 4000][(i / 2) % 6]!,
    );
    const png = await sharp(deep, raw(2)).toColourspace('grey16').png().toBuffer();
    const image = await decode(png, [1000, 2999]);
    const first = [...image.data].filter((_, i) => i % 3 === 0).slice(0, 6);
    expect(first).toEqual([0, 0, 0, 128, 255, 255]);
  });

  test('16-bit images without a window are refused with what to do; 8-bit ones ignore it', async () => {
    const deep = await sharp(new Uint16Array(side * side), raw(1))
      .toColourspace('grey16')
      .png()
      .toBuffer();
    await expect(decode(deep)).rejects.toThrow(/^photo\.img: a 16-bit image; .*--window 0,4095\.$/);
    await expect(decodeRgb(deep, { path: 'a.png', withoutWindow: 'do this' })).rejects.toThrow(
      'a.png: a 16-bit image; do this.',
    );
    const png = await rgb().png().toBuffer();
    expect([...(await decode(png, [1, 2])).data]).toEqual([...colours]);
  });

  test('CMYK by the plain formula: no ink is white, black ink is black, cyan lacks red', async () => {
    const patch = (colour: string) =>
      sharp({ create: { width: 8, height: 8, channels: 3, background: colour } })
        .toColourspace('cmyk')
        .jpeg({ quality: 100 })
        .toBuffer();
    expect((await sharp(await patch('white')).metadata()).space).toBe('cmyk');
    expect(Math.min(...(await decode(await patch('white'))).data)).toBeGreaterThan(250);
    expect(Math.max(...(await decode(await patch('black'))).data)).toBeLessThan(45);
    const [r, g, b] = (await decode(await patch('cyan'))).data;
    expect(r).toBeLessThan(g! - 40);
    expect(r).toBeLessThan(b! - 40);
  });

  test('an EXIF orientation does not turn the image', async () => {
    const tall = sharp(colours.subarray(0, 8 * 16 * 3), { raw: { width: 8, height: 16, channels: 3 } });
    const turned = await tall.png().withMetadata({ orientation: 6 }).toBuffer();
    expect(await decode(turned)).toMatchObject({ width: 8, height: 16 });
  });

  test('of several frames the first is read', async () => {
    const frame = (colour: string) =>
      sharp({ create: { width: 8, height: 8, channels: 3, background: colour } })
        .png()
        .toBuffer();
    const frames = [await frame('#ff0000'), await frame('#0000ff')];
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    expect((await sharp(gif).metadata()).pages).toBe(2);
    const image = await decode(gif);
    expect([image.width, image.height, ...image.data.subarray(0, 3)]).toEqual([8, 8, 255, 0, 0]);
  });

  test('of several pages the first is read, and extreme shapes keep their size', async () => {
    const strip = (width: number, height: number) =>
      sharp({ create: { width, height, channels: 3, background: '#102030' } })
        .png()
        .toBuffer();
    for (const [width, height] of [
      [60_000, 1],
      [1, 60_000],
    ] as const) {
      const image = await decode(await strip(width, height));
      expect([image.width, image.height]).toEqual([width, height]);
      expect([...resizeBilinear(image, 256, 256).data.subarray(0, 3)]).toEqual([16, 32, 48]);
    }
    const pages = [
      await strip(8, 8),
      await sharp(await strip(8, 8))
        .negate()
        .png()
        .toBuffer(),
    ];
    const tiff = await sharp(pages, { join: { animated: true } })
      .tiff({ compression: 'lzw' })
      .toBuffer();
    expect((await sharp(tiff).metadata()).pages).toBe(2);
    const first = await decode(tiff);
    expect([first.width, first.height, ...first.data.subarray(0, 3)]).toEqual([8, 8, 16, 32, 48]);
  });

  test('palettes are looked up', async () => {
    const png = await rgb().png({ palette: true, colours: 8, dither: 0 }).toBuffer();
    const expected = await sharp(png).removeAlpha().raw().toBuffer();
    expect(Buffer.compare((await decode(png)).data, expected)).toBe(0);
  });
});

describe('a Windows bitmap', () => {
  test.each([24, 32] as const)('of %i bits gives its colours', async (bits) => {
    for (const topDown of [false, true]) {
      expect([...(await decode(bitmap(7, 5, bits, colours, topDown))).data]).toEqual([
        ...colours.subarray(0, 105),
      ]);
    }
  });

  test('of 8 bits goes through its palette', async () => {
    const image = await decode(bitmap(7, 5, 8, grey));
    expect([...image.data]).toEqual([...tripled(grey.subarray(0, 35))]);
  });

  test('that is cut off, compressed or huge is refused', async () => {
    const good = bitmap(7, 5, 24, colours);
    await expect(decode(good.subarray(0, good.length - 1))).rejects.toThrow(/cut off/);
    const packed = Buffer.from(good);
    packed.writeUInt32LE(1, 30);
    await expect(decode(packed)).rejects.toThrow(/compressed/);
    const huge = Buffer.from(good);
    huge.writeInt32LE(60_000, 18);
    huge.writeInt32LE(60_000, 22);
    await expect(decode(huge)).rejects.toThrow(/60000×60000 has more than the 64000000/);
  });
});

describe('bad images are a DataError of one line with the path:', () => {
  const cases: [string, () => Promise<Uint8Array>, RegExp][] = [
    ['an empty file', async () => new Uint8Array(0), /0 bytes/],
    ['text', async () => Buffer.from('path,label\n'), /not an image/],
    ['an SVG', async () => Buffer.from('<?xml version="1.0"?>\n<svg width="9" height="9"/>'), /SVG/],
    ['only a PNG signature', async () => (await rgb().png().toBuffer()).subarray(0, 20), /does not decode/],
    ['half a JPEG', async () => cut(await rgb().jpeg().toBuffer(), 0.5), /damaged or cut off/],
    [
      'a JPEG less its last bytes',
      async () => cut(await rgb().jpeg().toBuffer(), 0.95),
      /damaged or cut off/,
    ],
    ['half a PNG', async () => cut(await rgb().png().toBuffer(), 0.5), /damaged or cut off/],
    [
      'half a TIFF',
      async () => cut(await rgb().tiff({ compression: 'lzw' }).toBuffer(), 0.5),
      /damaged or cut off/,
    ],
    ['half a WebP', async () => cut(await rgb().webp().toBuffer(), 0.5), /damaged or cut off/],
    ['a GIF with nothing in it', async () => Buffer.from('GIF89a'), /damaged or cut off/],
    ['a GIF whose end came as zeros', async () => zeroed(await rgb().gif().toBuffer()), /damaged or cut off/],
    ['a PNG whose end came as zeros', async () => zeroed(await rgb().png().toBuffer()), /damaged or cut off/],
    [
      'a JPEG whose end came as zeros',
      async () => zeroed(await rgb().jpeg().toBuffer()),
      /damaged or cut off/,
    ],
    [
      'a PNG with a wrong checksum',
      async () => flipped(await rgb().png().toBuffer(), 0.6),
      /damaged or cut off/,
    ],
  ];
  test.each(cases)('%s', async (_, make, message) => {
    const bytes = await make();
    for (const read of [decodeRgb, decodeMask]) {
      const error = (await read(bytes, { path: 'a\nb.png' }).catch((e: unknown) => e)) as Error;
      expect(error).toBeInstanceOf(DataError);
      expect(error.message).toMatch(message);
      expect(error.message).toMatch(/^a\\nb\.png: [^\n]+$/);
    }
  });

  test('more pixels than allowed, by the header alone', async () => {
    const bomb = Buffer.from(await rgb().png().toBuffer());
    bomb.writeUInt32BE(9000, 16);
    bomb.writeUInt32BE(9000, 20);
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
    await expect(decode(bomb)).rejects.toThrow(/more than the 64000000 pixels allowed/);
    await expect(decodeRgb(await rgb().png().toBuffer(), { path: 'x', maxPixels: 255 })).rejects.toThrow(
      DataError,
    );
  });

  const zeroed = (bytes: Uint8Array) => Uint8Array.from(bytes).fill(0, Math.floor(bytes.length * 0.7));
  const flipped = (bytes: Uint8Array, part: number) => {
    const at = Math.floor(bytes.length * part);
    return Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 0x55 : byte));
  };
  const cut = (bytes: Uint8Array, part: number) => bytes.subarray(0, Math.floor(bytes.length * part));
});

describe('files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'decode-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('that are absent, folders or pipes are refused without waiting', async () => {
    await expect(readImageFile(join(folder, 'none.png'))).rejects.toThrow(InputMissingError);
    await mkdir(join(folder, 'sub.png'));
    await expect(readImageFile(join(folder, 'sub.png'))).rejects.toThrow(/not a regular file/);
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [join(folder, 'pipe.png')]);
      await expect(readImageFile(join(folder, 'pipe.png'))).rejects.toThrow(/not a regular file/);
    }
  });

  test.runIf(process.platform === 'linux')('whose names are not UTF-8 are read by their bytes', async () => {
    const name = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe, 0x2e])]);
    await writeFile(name, 'x');
    expect([...(await readImageFile(name))]).toEqual([120]);
  });
});

test('damaged images never crash or hang the decoder', async () => {
  const seeds = [
    await rgb().jpeg().toBuffer(),
    await rgb().png().toBuffer(),
    await rgb().tiff({ compression: 'lzw' }).toBuffer(),
    await rgb().webp().toBuffer(),
    await rgb().gif().toBuffer(),
    bitmap(16, 16, 24, colours),
    bitmap(16, 16, 8, grey),
  ];
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...seeds), edits, async (seed, changes) => {
      const bytes = Uint8Array.from(seed);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      try {
        const { width, height, data } = await decodeRgb(bytes, { path: 'x', maxPixels: 1_000_000 });
        expect(data.length).toBe(width * height * 3);
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
      }
    }),
    { numRuns: 600 },
  );
});

test('a picture of a part decodes to what libvips itself decodes', async () => {
  const bytes = await readFile((await renderedGears()).good);
  const expected = await sharp(bytes).removeAlpha().raw().toBuffer();
  expect(Buffer.compare((await decode(bytes)).data, expected)).toBe(0);
});
