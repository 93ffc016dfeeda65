import { DataError } from '../errors.js';
import { shown } from '../files/file-errors.js';

/** How a Windows bitmap is packed. */
export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: 1 | 4 | 8 | 16 | 24 | 32;
  /** Bytes of a row: rows are padded to four. */
  readonly stride: number;
  /** Where the pixels begin, as the file has it. */
  readonly namedStart: number;
  readonly paletteStart: number;
  /** Bytes of a colour of the palette: 3 in OS/2 bitmaps. */
  readonly colourBytes: 3 | 4;
  readonly colours: number;
  /** Red, green and blue bits of 16- and 32-bit pixels. */
  readonly masks: readonly [number, number, number];
}

const coreSize = 12; // OS/2 1.x
const ordinaryMasks = { 16: [0x7c00, 0x3e0, 0x1f], 32: [0xff0000, 0xff00, 0xff] } as const;
const compressions = ['none', 'RLE8', 'RLE4', 'bit fields', 'JPEG', 'PNG', 'bit fields'] as const;

/**
 * Reads the header of an uncompressed bitmap: OS/2 core, Windows 3 and its extensions to V5.
 *
 * @throws DataError when it is cut off, compressed, damaged or of another kind
 */
export function readBmpHeader(bytes: Uint8Array, path: string): BmpHeader {
  if (bytes.byteLength < 26) throw badBmp(path, 'is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const infoSize = view.getUint32(14, true);
  const isCore = infoSize === coreSize;
  if ((!isCore && infoSize < 40) || infoSize > 0xffff) throw badBmp(path, 'has a damaged header');
  if (bytes.byteLength < 14 + infoSize) throw badBmp(path, 'is cut off');
  const field = isCore ? coreFields(view) : fullFields(view);
  const { width, signedHeight, bits, compression } = field;
  if (width <= 0 || signedHeight === 0) throw badBmp(path, 'has a damaged header');
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw badBmp(path, `has ${bits} bits a pixel`);
  const hasMasks = compression === 3 || compression === 6;
  if (compression !== 0 && !(hasMasks && (bits === 16 || bits === 32)))
    throw badBmp(path, `is compressed (${compressions[compression] ?? compression})`);
  // Windows 3 puts the masks behind its header, later versions inside; both begin at byte 54.
  const outside = hasMasks && infoSize === 40 ? (compression === 6 ? 16 : 12) : 0;
  const paletteStart = 14 + infoSize + outside;
  if (hasMasks && bytes.byteLength < 66) throw badBmp(path, 'is cut off');
  const colours = field.colours || (bits <= 8 ? 2 ** bits : 0);
  return {
    namedStart: view.getUint32(10, true),
    width,
    height: Math.abs(signedHeight),
    topDown: signedHeight < 0,
    bits: bits as BmpHeader['bits'],
    stride: Math.ceil((width * bits) / 32) * 4,
    paletteStart,
    colourBytes: isCore ? (3 as const) : (4 as const),
    colours: Math.min(colours, 256),
    masks: hasMasks ? masksAt(view, 54) : ordinaryMasks[bits === 16 ? 16 : 32],
  };
}

/**
 * Where the pixels begin. An offset that points nowhere possible, such as the 0 of some frame grabbers, is taken to be the
 * end of headers and palette when the file has just the length for it.
 *
 * @throws DataError when the file is too short, or has no such length
 */
export function pixelStart({ byteLength }: Uint8Array, header: BmpHeader, path: string): number {
  const { stride, height, paletteStart, colours, colourBytes, bits, namedStart } = header;
  const headersEnd = paletteStart + (bits <= 8 ? colours * colourBytes : 0);
  const left = (start: number) => byteLength - (start + stride * height);
  const isExact = (start: number) => left(start) >= 0 && left(start) < 4; // some writers pad the file
  if (namedStart >= headersEnd && left(namedStart) >= 0) return namedStart;
  if (isExact(headersEnd)) return headersEnd;
  if (namedStart >= paletteStart && isExact(namedStart)) return namedStart; // with a palette shorter than the header says
  if (left(headersEnd) < 0) throw badBmp(path, 'is cut off');
  throw badBmp(path, `says that its pixels begin at byte ${namedStart}, where they cannot be`);
}

export function badBmp(path: string, what: string): DataError {
  return new DataError(
    `${shown(path)}: the BMP ${what}; expected an uncompressed one of 1, 4, 8, 16, 24 or 32 bits.`,
  );
}

function coreFields(view: DataView) {
  const [width, signedHeight] = [view.getUint16(18, true), view.getUint16(20, true)];
  return { width, signedHeight, bits: view.getUint16(24, true), compression: 0, colours: 0 };
}

function fullFields(view: DataView) {
  return {
    width: view.getInt32(18, true),
    signedHeight: view.getInt32(22, true),
    bits: view.getUint16(28, true),
    compression: view.getUint32(30, true),
    colours: view.getUint32(46, true),
  };
}

function masksAt(view: DataView, at: number): [number, number, number] {
  return [view.getUint32(at, true), view.getUint32(at + 4, true), view.getUint32(at + 8, true)];
}
