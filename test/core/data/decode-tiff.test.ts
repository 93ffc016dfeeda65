import { describe, expect, test } from 'vitest';
import { decodeRgb, imageSize } from '../../../src/core/data/decode.js';
import { decodeMask } from '../../../src/core/data/decode-mask.js';
import { shorts, type TiffTag, tiff } from './tiff.js';

const [width, height] = [6, 4];
const colours = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2654435761) >>> 24);
const grey = colours.subarray(0, width * height);
const tripled = (values: ArrayLike<number>) => Array.from(values, (v) => [v, v, v]).flat();
const rgb = { width, height, bits: [8, 8, 8], photometric: 2, data: colours };
const decode = (bytes: Uint8Array, window?: [number, number]) =>
  decodeRgb(bytes, { path: 'scan.tif', window });

/** Where pixel (x, y) of the upright picture lies in a file of each orientation, and whether sides change places. */
const places: Record<number, (x: number, y: number) => [number, number]> = {
  2: (x, y) => [width - 1 - x, y],
  3: (x, y) => [width - 1 - x, height - 1 - y],
  4: (x, y) => [x, height - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y) => [y, width - 1 - x],
  7: (x, y) => [height - 1 - y, width - 1 - x],
  8: (x, y) => [height - 1 - y, x],
};

/** Samples of the upright picture as a file of that orientation stores them. */
function lying<A extends Uint8Array | Uint16Array>(samples: A, channels: number, orientation: number): A {
  const stored = samples.slice() as A;
  const storedWidth = orientation >= 5 ? height : width;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [toX, toY] = places[orientation]!(x, y);
      const [from, to] = [(y * width + x) * channels, (toY * storedWidth + toX) * channels];
      for (let c = 0; c < channels; c++) stored[to + c] = samples[from + c]!;
    }
  }
  return stored;
}

const sides = (orientation: number) =>
  orientation >= 5 ? { width: height, height: width } : { width, height };
const turned = (orientation: number): TiffTag => [274, 3, [orientation]];

describe('a TIFF', () => {
  test.each([2, 3, 4, 5, 6, 7, 8])('of orientation %i is turned upright', async (orientation) => {
    const more = [turned(orientation)];
    const colour = tiff({ ...rgb, ...sides(orientation), data: lying(colours, 3, orientation), more });
    expect(await decode(colour)).toMatchObject({ width, height });
    expect([...(await decode(colour)).data]).toEqual([...colours]);
    expect(await imageSize(colour, { path: 'scan.tif' })).toEqual({ width, height });
    const deep = Uint16Array.from(grey, (v) => v << 8);
    const one = tiff({
      ...sides(orientation),
      ...{ bits: [16], photometric: 1, data: shorts(lying(deep, 1, orientation)), more },
    });
    expect([...(await decode(one, [0, 65535])).data]).toEqual(tripled(grey));
    const mask = grey.map((v) => (v > 127 ? 1 : 0));
    const marks = tiff({
      ...sides(orientation),
      ...{ bits: [8], photometric: 1, data: lying(mask, 1, orientation), more },
    });
    expect([...(await decodeMask(marks, { path: 'scan.tif' })).data]).toEqual([...mask].map((v) => v * 255));
  });

  test('in which white is zero is inverted, at 8 and 16 bits', async () => {
    const eight = tiff({ width, height, bits: [8], photometric: 0, data: grey.map((v) => 255 - v) });
    expect([...(await decode(eight)).data]).toEqual(tripled(grey));
    const deep = Uint16Array.from(grey, (v) => 65535 - v * 257);
    const sixteen = tiff({ width, height, bits: [16], photometric: 0, data: shorts(deep) });
    expect([...(await decode(sixteen, [0, 65535])).data]).toEqual(tripled(grey));
  });
});

describe('a TIFF in YCbCr', () => {
  const whole: TiffTag = [530, 3, [1, 1]];
  const yCbCr = { ...rgb, photometric: 6, data: toYCbCr(colours) };

  test.each([
    ['uncompressed', { more: [whole] }],
    ['big-endian', { more: [whole], bigEndian: true }],
    ['that forgets to say that its colours are whole', {}],
  ])('%s has the colours of its picture', async (_, how) => {
    expect(distance((await decode(tiff({ ...yCbCr, ...how }))).data, colours)).toBeLessThanOrEqual(2);
  });

  test('of video levels is stretched by its own references', async () => {
    const references: TiffTag = [532, 5, [16, 1, 235, 1, 128, 1, 240, 1, 128, 1, 240, 1]];
    const data = yCbCr.data.map((v, i) =>
      i % 3 === 0 ? 16 + (v * 219) / 255 : 128 + ((v - 128) * 112) / 127,
    );
    const image = await decode(tiff({ ...yCbCr, data, more: [whole, references] }));
    expect(distance(image.data, colours)).toBeLessThanOrEqual(6);
  });

  test('subsampled 2×2 is read by libvips', async () => {
    // One colour, so that the subsampled and the whole picture are the same.
    const [y, cb, cr] = toYCbCr(Uint8Array.of(200, 60, 30));
    const block = Uint8Array.of(y!, y!, y!, y!, cb!, cr!);
    const data = Buffer.concat(Array.from({ length: (width * height) / 4 }, () => block));
    const flat = Uint8Array.from({ length: width * height * 3 }, (_, i) => [200, 60, 30][i % 3]!);
    for (const more of [[[530, 3, [2, 2]] as const], []]) {
      expect(distance((await decode(tiff({ ...yCbCr, data, more }))).data, flat)).toBeLessThanOrEqual(3);
    }
  });

  test('compressed without its subsampling is refused by name', async () => {
    await expect(decode(tiff({ ...yCbCr, compression: 5 }))).rejects.toThrow(/YCbCr/);
  });
});

describe('a whole TIFF that decoders warn of is read:', () => {
  const oddities: [string, TiffTag[]][] = [
    ['a private text without an end', [[65000, 2, [97, 98, 99]]]],
    ['a description without an end', [[270, 2, [...Buffer.from('a camera')]]]],
    ['a transfer function of three values', [[301, 3, [1, 2, 3]]]],
    ['a width that is said twice', [[256, 4, [width]]]],
    ['an orientation that there is not', [[274, 3, [9]]]],
  ];
  test.each(oddities)('%s', async (_, more) => {
    expect([...(await decode(tiff({ ...rgb, more }))).data]).toEqual([...colours]);
    expect([...(await decode(tiff({ ...rgb, more, bigEndian: true }))).data]).toEqual([...colours]);
  });

  test('no length of its only strip, as old programs leave it', async () => {
    const file = tiff({ ...rgb });
    const at = Array.from({ length: 9 }, (_, i) => 10 + 12 * i).find((i) => file.readUInt16LE(i) === 279)!;
    file.writeUInt32LE(0, at + 8);
    expect([...(await decode(file)).data]).toEqual([...colours]);
  });

  test('but not one that is cut off beside the oddity', async () => {
    const file = tiff({ ...rgb, more: [[65000, 2, [97, 98, 99]]] });
    await expect(decode(file.subarray(0, -20))).rejects.toThrow(/the image is damaged or cut off\.$/);
  });
});

describe('what is not read is refused with its reason, once and without blaming the file:', () => {
  const cases: [string, Uint8Array, RegExp][] = [
    [
      'ZSTD',
      tiff({ ...rgb, compression: 50000 }),
      /^scan\.tif: a TIFF compressed with ZSTD, which is not read/,
    ],
    ['LERC', tiff({ ...rgb, compression: 34887 }), /compressed with LERC/],
    ['JPEG 2000', tiff({ ...rgb, compression: 34712 }), /compressed with JPEG 2000/],
    ['an unknown compression', tiff({ ...rgb, compression: 60001 }), /60001/],
    ['CIELAB', tiff({ ...rgb, photometric: 8 }), /CIELAB/],
    ['12 bits', tiff({ ...rgb, bits: [12], photometric: 1 }), /12 bits a sample/],
  ];
  test.each(cases)('%s', async (_, bytes, message) => {
    for (const read of [decodeRgb, decodeMask]) {
      const text = await read(bytes, { path: 'scan.tif' }).then(
        () => 'read',
        (error: Error) => error.message,
      );
      expect(text).toMatch(message);
      expect(text).not.toMatch(/damaged|cut off|\n/);
    }
  });
});

function toYCbCr(samples: Uint8Array): Uint8Array {
  const out = samples.slice();
  for (let i = 0; i < samples.length; i += 3) {
    const [r, g, b] = [samples[i]!, samples[i + 1]!, samples[i + 2]!];
    const y = 0.299 * r + 0.587 * g + 0.114 * b;
    const codes = [y, 128 + (b - y) / 1.772, 128 + (r - y) / 1.402];
    out.set(
      codes.map((code) => Math.max(0, Math.min(255, Math.round(code)))),
      i,
    );
  }
  return out;
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}
