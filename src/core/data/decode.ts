import { DataError } from '../errors.js';
import { shown } from '../files/file-errors.js';
import { readRegular } from '../files/regular-file.js';
import { bmpSize, decodeBmp } from './bmp.js';
import { cmykToRgb, keepRgb, yCbCrToRgb } from './colours-to-rgb.js';
import { imageFormat } from './image-format.js';
import { type IntensityWindow, throughWindow } from './intensity-window.js';
import type { Pixels } from './resize.js';
import { type OpenedImage, type OpenOptions, raw8, raw16, refuseLarge, withImage } from './sharp-image.js';

const fileLimit = 1 << 30;

/** Raised whenever the same file gives other pixels or another verdict than before: a part of every cache key. */
export const decodingVersion = 2;

export interface DecodeOptions extends OpenOptions {
  /** The values of 16-bit images that become black and white. 8-bit images stay as they are. */
  readonly window?: IntensityWindow | undefined;
  /** What to do about a 16-bit image when there is no window: the end of the message. */
  readonly withoutWindow?: string | undefined;
}

/**
 * The bytes of an image file.
 *
 * @param path a Buffer where the name is not UTF-8
 * @throws InputMissingError when absent or unreadable, DataError for folders, devices and files beyond 1 GiB
 */
export async function readImageFile(path: string | Buffer): Promise<Uint8Array> {
  return readRegular(path, { expected: 'an image file', limit: fileLimit });
}

/**
 * Decodes to 8-bit RGB as Pillow's `convert('RGB')`: grey → three equal channels, palettes looked up, alpha dropped
 * without compositing, CMYK by Pillow's formula, TIFFs turned upright by their orientation and the EXIF orientation of
 * other formats ignored, embedded colour profiles ignored, the first frame of many. 16-bit samples go through the window.
 *
 * @throws DataError for cut-off, damaged, empty, foreign or too large images, and 16-bit ones without a window, with the
 *   path, on one line
 */
export async function decodeRgb(bytes: Uint8Array, options: DecodeOptions): Promise<Pixels> {
  const format = imageFormat(bytes, options.path);
  if (format === 'bmp') return decodeBitmap(bytes, options);
  return withImage(bytes, format, options, async (opened) => {
    const { image, metadata, tiff } = opened;
    refuseOtherSamples(opened, options);
    if (metadata.depth === 'ushort') {
      const { window } = options;
      if (!window) throw needsWindow(options);
      const deep = await raw16(image.toColourspace(metadata.space === 'grey16' ? 'grey16' : 'rgb16'));
      return keepRgb({ ...deep, data: throughWindow(deep.data, window) });
    }
    if (metadata.space === 'cmyk')
      return cmykToRgb(await raw8(image.pipelineColourspace('cmyk').toColourspace('cmyk')));
    const pixels = keepRgb(await raw8(image.toColourspace('srgb')));
    return tiff?.yCbCr === 'whole' ? yCbCrToRgb(pixels, tiff) : pixels;
  });
}

/** Width and height of an image as it will be decoded, from its header. Errors as `decodeRgb`. */
export async function imageSize(
  bytes: Uint8Array,
  options: OpenOptions,
): Promise<{ width: number; height: number }> {
  const format = imageFormat(bytes, options.path);
  if (format === 'bmp') return bmpSize(bytes, options.path);
  return withImage(bytes, format, options, async (opened) => {
    refuseOtherSamples(opened, options);
    return { width: opened.width, height: opened.height };
  });
}

/** A Windows bitmap within the limit of pixels. */
export function decodeBitmap(bytes: Uint8Array, options: OpenOptions): Pixels {
  const { width, height } = bmpSize(bytes, options.path);
  refuseLarge(width, height, options);
  return decodeBmp(bytes, options.path);
}

function refuseOtherSamples({ metadata: { depth, space } }: OpenedImage, { path }: OpenOptions): void {
  if (depth === 'uchar' || (depth === 'ushort' && (space === 'grey16' || space === 'rgb16'))) return;
  const what = depth === 'ushort' ? `16-bit samples of ${space}` : `samples of type ${depth}`;
  throw new DataError(
    `${shown(path)}: ${what}; expected 8 bits, or 16 bits of grey or RGB: convert it first.`,
  );
}

function needsWindow({ path, withoutWindow }: DecodeOptions): DataError {
  const advice =
    withoutWindow ?? 'say which values are black and white with --window, such as --window 0,4095';
  return new DataError(`${shown(path)}: a 16-bit image; ${advice}.`);
}
