import { DataError } from '../errors.js';
import { shown } from '../files/file-errors.js';
import type { Pixels } from './resize.js';

interface Header {
  readonly dataStart: number;
  readonly paletteStart: number;
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: 1 | 4 | 8 | 24 | 32;
  readonly colours: number;
}

/** Width and height of a BMP, without its pixels. Errors as `decodeBmp`. */
export function bmpSize(bytes: Uint8Array, path: string): { width: number; height: number } {
  const { width, height } = readHeader(bytes, path);
  return { width, height };
}

/**
 * An uncompressed Windows bitmap (1, 4 or 8 bits with a palette, 24 or 32 bits) as RGB; the fourth byte of 32-bit ones
 * is ignored. Cameras on lines still write these and sharp's libvips cannot read them.
 *
 * @throws DataError when it is cut off, compressed, or of another kind
 */
export function decodeBmp(bytes: Uint8Array, path: string): Pixels {
  const header = readHeader(bytes, path);
  const { width, height, bits, dataStart } = header;
  const stride = Math.ceil((width * bits) / 32) * 4; // rows are padded to four bytes
  if (dataStart + stride * height > bytes.byteLength) throw broken(path, 'is cut off');
  const data = new Uint8Array(width * height * 3);
  const palette = bits <= 8 ? readPalette(bytes, header, path) : undefined;
  for (let y = 0; y < height; y++) {
    const row = dataStart + stride * (header.topDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * 3;
      const [from, source] = palette
        ? [4 * paletteIndex(bytes, row, x, bits), palette]
        : [row + x * (bits / 8), bytes];
      data[to] = source[from + 2]!; // stored blue, green, red
      data[to + 1] = source[from + 1]!;
      data[to + 2] = source[from]!;
    }
  }
  return { width, height, channels: 3, data };
}

function readHeader(bytes: Uint8Array, path: string): Header {
  if (bytes.byteLength < 54) throw broken(path, 'is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const infoSize = view.getUint32(14, true);
  const [width, signedHeight] = [view.getInt32(18, true), view.getInt32(22, true)];
  const [bits, compression] = [view.getUint16(28, true), view.getUint32(30, true)];
  if (infoSize < 40 || width <= 0 || signedHeight === 0) throw broken(path, 'has a damaged header');
  if (![1, 4, 8, 24, 32].includes(bits)) throw broken(path, `has ${bits} bits a pixel`);
  // 3 (bit fields) with the ordinary masks is how many programs write 32 bits.
  const ordinary =
    compression === 3 && bits === 32 && bytes.byteLength >= 66 && view.getUint32(54, true) === 0xff0000;
  if (compression !== 0 && !ordinary) throw broken(path, 'is compressed');
  const colours = view.getUint32(46, true) || 2 ** Math.min(bits, 8);
  return {
    dataStart: view.getUint32(10, true),
    paletteStart: 14 + infoSize,
    width,
    height: Math.abs(signedHeight),
    topDown: signedHeight < 0,
    bits: bits as Header['bits'],
    colours,
  };
}

/** Four bytes a colour, always 256 of them, so that any index has one. */
function readPalette(
  bytes: Uint8Array,
  { paletteStart, colours, dataStart }: Header,
  path: string,
): Uint8Array {
  const length = Math.min(colours, 256) * 4;
  if (paletteStart + length > Math.min(dataStart, bytes.byteLength))
    throw broken(path, 'has a damaged palette');
  const palette = new Uint8Array(1024);
  palette.set(bytes.subarray(paletteStart, paletteStart + length));
  return palette;
}

function paletteIndex(bytes: Uint8Array, row: number, x: number, bits: number): number {
  if (bits === 8) return bytes[row + x]!;
  const perByte = 8 / bits;
  const byte = bytes[row + Math.floor(x / perByte)]!;
  return (byte >> (8 - bits * ((x % perByte) + 1))) & (2 ** bits - 1);
}

function broken(path: string, what: string): DataError {
  return new DataError(
    `${shown(path)}: the BMP ${what}; expected an uncompressed one of 1, 4, 8, 24 or 32 bits.`,
  );
}
