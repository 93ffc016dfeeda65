import { open, stat } from 'node:fs/promises';
import { inputFailure } from '../files/file-errors.js';
import { readImageFile } from './decode.js';
import { exifOrientation } from './exif-orientation.js';
import { type ImageFormat, imageFormat } from './image-format.js';
import { tiffHeader } from './tiff-header.js';

/** What the header of an image says that decides how it is read. */
export interface ImageFacts {
  readonly format: ImageFormat;
  /** 16 bits a sample: read through an intensity window. */
  readonly isDeep: boolean;
  /** The orientation that is not applied, 1 where there is none: formats other than TIFF. */
  readonly ignoredOrientation: number;
}

/** Bytes that hold a PNG's depth; and those that hold a JPEG's Exif segment as well, which begins the file. */
export const shortHead = 64;
export const longHead = 1 << 16;

/** @throws DataError for what is no image by its first bytes */
export function imageFacts(bytes: Uint8Array, path: string): ImageFacts {
  const format = imageFormat(bytes, path);
  const isDeep =
    (format === 'png' && bytes[24] === 16) || (format === 'tiff' && tiffHeader(bytes)?.bits === 16);
  return { format, isDeep, ignoredOrientation: exifOrientation(bytes, format) };
}

/**
 * The same of a file, of which only the beginning is read where that suffices. Errors also as `readImageFile`.
 *
 * @param headBytes `longHead` where the orientation matters
 */
export async function imageFileFacts(path: string | Buffer, headBytes: number): Promise<ImageFacts> {
  const head = await readHead(path, headBytes);
  const name = String(path);
  // A TIFF's directory may lie anywhere.
  if (head.length === headBytes && imageFormat(head, name) === 'tiff')
    return imageFacts(await readImageFile(path), name);
  return imageFacts(head, name);
}

async function readHead(path: string | Buffer, headBytes: number): Promise<Uint8Array> {
  try {
    // Before it is opened: a pipe would wait for somebody who writes.
    if (!(await stat(path)).isFile()) return await readImageFile(path); // which says what is wrong
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(headBytes), 0, headBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof Error && 'code' in error
      ? inputFailure(String(path), error, 'an image file')
      : error;
  }
}
