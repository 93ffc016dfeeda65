import type { ImageFormat } from './image-format.js';
import { tiffHeader } from './tiff-header.js';

/**
 * The orientation that an Exif block gives, 1 (upright) without one. TIFF keeps it as a tag of its own.
 *
 * @param bytes the file, or as much of its beginning as is at hand
 */
export function exifOrientation(bytes: Uint8Array, format: ImageFormat): number {
  const block = blockOf[format]?.(bytes);
  return (block && tiffHeader(block)?.orientation) ?? 1;
}

const blockOf: Partial<Record<ImageFormat, (bytes: Uint8Array) => Uint8Array | undefined>> = {
  jpeg: jpegExif,
  png: pngExif,
  webp: webpExif,
};

const exifName = 'Exif\0\0';

function jpegExif(bytes: Uint8Array): Uint8Array | undefined {
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // fill
      continue;
    }
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    const segment = bytes.subarray(at + 4, at + 2 + length);
    if (marker === 0xe1 && text(segment, 0, 6) === exifName) return segment.subarray(6);
    if (marker === 0xda) return undefined; // the picture begins
    at += 2 + length;
  }
  return undefined;
}

function pngExif(bytes: Uint8Array): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at);
    if (text(bytes, at + 4, 4) === 'eXIf') return bytes.subarray(at + 8, at + 8 + length);
    at += 12 + length;
  }
  return undefined;
}

function webpExif(bytes: Uint8Array): Uint8Array | undefined {
  const block = webpChunk(bytes, 'EXIF');
  return block && text(block, 0, 6) === exifName ? block.subarray(6) : block;
}

/** The first chunk of a name (four characters) in a WebP file. */
export function webpChunk(bytes: Uint8Array, name: string): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    if (text(bytes, at, 4) === name) return bytes.subarray(at + 8, at + 8 + length);
    at += 8 + length + (length % 2);
  }
  return undefined;
}

function text(bytes: Uint8Array, from: number, length: number): string {
  return Buffer.from(bytes.subarray(from, from + length)).toString('latin1');
}
