import { describe, expect, test } from 'vitest';
import { bmpSize, decodeBmp } from '../../../src/core/data/bmp.js';
import { bitmap } from './bitmap.js';

const [width, height] = [7, 5];
const colours = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2654435761) >>> 24);
const grey = colours.subarray(0, width * height);
const decode = (bytes: Uint8Array) => [...decodeBmp(bytes, 'frame.bmp').data];

const withOffset = (file: Buffer, offset: number) => {
  const copy = Buffer.from(file);
  copy.writeUInt32LE(offset, 10);
  return copy;
};

describe('a bitmap whose data offset is impossible is read from behind its headers:', () => {
  test.each([0, 14, 26, 1078, 0xffffffff])('%i in 24 bits', (offset) => {
    expect(decode(withOffset(bitmap(width, height, 24, colours), offset))).toEqual([...colours]);
  });

  test.each([0, 54, 1e6])('%i in 8 bits, whose palette stands between', (offset) => {
    const file = bitmap(width, height, 8, grey);
    expect(decode(withOffset(file, offset))).toEqual(decode(file));
  });

  test('and refused when the file has not just the length for it', () => {
    const file = withOffset(bitmap(width, height, 24, colours), 0);
    expect(() => decode(file.subarray(0, -1))).toThrow(/^frame\.bmp: the BMP is cut off/);
    expect(() => decode(Buffer.concat([file, Buffer.alloc(99)]))).toThrow(
      /begin at byte 0, where they cannot be/,
    );
  });
});

describe('a bitmap of', () => {
  test('OS/2 has a short header and a palette of three bytes a colour', () => {
    expect(decode(core(24))).toEqual([...colours]);
    expect(decode(withOffset(core(24), 0))).toEqual([...colours]);
    expect(decode(core(8))).toEqual([...grey].flatMap((v) => [v, v, v]));
    expect(bmpSize(core(8), 'x')).toEqual({ width, height });
  });

  test('16 bits holds five bits a channel, or what its masks say', () => {
    const white = sixteen(0x7fff);
    expect(decode(white).slice(0, 3)).toEqual([255, 255, 255]);
    expect(decode(sixteen(0x7c00)).slice(0, 3)).toEqual([255, 0, 0]);
    const masks = [0xf800, 0x7e0, 0x1f];
    for (const infoSize of [40, 108, 124]) {
      expect(decode(sixteen(0x07e0, masks, infoSize)).slice(0, 3)).toEqual([0, 255, 0]);
      expect(decode(withOffset(sixteen(0x001f, masks, infoSize), 0)).slice(0, 3)).toEqual([0, 0, 255]);
    }
  });

  test('run lengths is refused by name', () => {
    const file = bitmap(width, height, 8, grey);
    file.writeUInt32LE(1, 30);
    expect(() => decode(file)).toThrow(/compressed \(RLE8\)/);
  });
});

function core(bits: 8 | 24): Buffer {
  const modern = bitmap(width, height, bits, bits === 8 ? grey : colours);
  const palette = Buffer.from(Array.from({ length: bits === 8 ? 768 : 0 }, (_, i) => Math.floor(i / 3)));
  const header = Buffer.alloc(26);
  header.write('BM');
  header.writeUInt32LE(26 + palette.length, 10);
  header.writeUInt32LE(12, 14);
  header.writeUInt16LE(width, 18);
  header.writeUInt16LE(height, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt16LE(bits, 24);
  return Buffer.concat([header, palette, modern.subarray(modern.readUInt32LE(10))]);
}

/** A bitmap of one 16-bit colour; masks stand behind a header of 40 bytes and inside a longer one. */
function sixteen(colour: number, masks?: readonly number[], infoSize = 40): Buffer {
  const behind = masks && infoSize === 40 ? 12 : 0;
  const header = Buffer.alloc(14 + infoSize + behind);
  header.write('BM');
  header.writeUInt32LE(header.length, 10);
  header.writeUInt32LE(infoSize, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(16, 28);
  header.writeUInt32LE(masks ? 3 : 0, 30);
  masks?.forEach((mask, i) => {
    header.writeUInt32LE(mask, 54 + 4 * i);
  });
  const rows = Buffer.alloc(Math.ceil(width / 2) * 4 * height);
  for (let i = 0; i < rows.length; i += 2) rows.writeUInt16LE(colour, i);
  return Buffer.concat([header, rows]);
}
