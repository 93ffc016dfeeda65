import { type BmpHeader, badBmp, pixelStart, readBmpHeader } from './bmp-header.js';
import type { Pixels } from './resize.js';

/** Width and height of a BMP, without its pixels. Errors as `decodeBmp`. */
export function bmpSize(bytes: Uint8Array, path: string): { width: number; height: number } {
  const { width, height } = readBmpHeader(bytes, path);
  return { width, height };
}

/**
 * An uncompressed Windows or OS/2 bitmap (1, 4 or 8 bits with a palette, 16, 24 or 32 bits) as RGB; alpha is ignored.
 * Cameras on lines still write these and sharp's libvips cannot read them.
 *
 * @throws DataError when it is cut off, compressed, or of another kind
 */
export function decodeBmp(bytes: Uint8Array, path: string): Pixels {
  const header = readBmpHeader(bytes, path);
  const { width, height, stride } = header;
  const start = pixelStart(bytes, header, path);
  const data = new Uint8Array(width * height * 3);
  const copyRow = rowReader(bytes, header, start, path);
  for (let y = 0; y < height; y++) {
    copyRow(start + stride * (header.topDown ? y : height - 1 - y), data.subarray(y * width * 3));
  }
  return { width, height, channels: 3, data };
}

type RowReader = (row: number, out: Uint8Array) => void;

function rowReader(bytes: Uint8Array, header: BmpHeader, start: number, path: string): RowReader {
  if (header.bits <= 8) return paletteRows(bytes, header, start);
  if (header.bits === 16 || isPacked(header)) return maskedRows(bytes, header, path);
  const step = header.bits / 8;
  return (row, out) => {
    for (let x = 0; x < header.width; x++) {
      const from = row + x * step;
      out[3 * x] = bytes[from + 2]!; // stored blue, green, red
      out[3 * x + 1] = bytes[from + 1]!;
      out[3 * x + 2] = bytes[from]!;
    }
  };
}

/** Whether the masks of 32 bits are other than blue, green and red bytes. */
function isPacked({ bits, masks: [red, green, blue] }: BmpHeader): boolean {
  return bits === 32 && !(red === 0xff0000 && green === 0xff00 && blue === 0xff);
}

function paletteRows(bytes: Uint8Array, header: BmpHeader, start: number): RowReader {
  const { bits, width } = header;
  const palette = readPalette(bytes, header, start);
  const perByte = 8 / bits;
  return (row, out) => {
    for (let x = 0; x < width; x++) {
      const byte = bytes[row + Math.floor(x / perByte)]!;
      const index = (byte >> (8 - bits * ((x % perByte) + 1))) & (2 ** bits - 1);
      out.set(palette.subarray(3 * index, 3 * index + 3), 3 * x);
    }
  };
}

/** RGB of 256 colours, so that any index has one. */
function readPalette(bytes: Uint8Array, header: BmpHeader, start: number): Uint8Array {
  const { paletteStart, colourBytes } = header;
  const colours = Math.min(header.colours, Math.floor((start - paletteStart) / colourBytes));
  const palette = new Uint8Array(768);
  for (let i = 0; i < colours; i++) {
    const from = paletteStart + i * colourBytes;
    palette.set([bytes[from + 2]!, bytes[from + 1]!, bytes[from]!], 3 * i);
  }
  return palette;
}

function maskedRows(bytes: Uint8Array, { width, bits, masks }: BmpHeader, path: string): RowReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const channels = masks.map((mask) => {
    if (mask === 0) throw badBmp(path, 'has a damaged header');
    const shift = 31 - Math.clz32(mask & -mask);
    return { mask, shift, most: mask >>> shift };
  });
  return (row, out) => {
    for (let x = 0; x < width; x++) {
      const pixel = bits === 16 ? view.getUint16(row + 2 * x, true) : view.getUint32(row + 4 * x, true);
      for (const [c, { mask, shift, most }] of channels.entries()) {
        out[3 * x + c] = Math.floor((((pixel & mask) >>> shift) * 255) / most);
      }
    }
  };
}
