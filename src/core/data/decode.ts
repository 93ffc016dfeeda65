import type { Sharp, SharpOptions } from 'sharp';
import { DataError } from '../errors.js';
import { shown } from '../files/file-errors.js';
import { readRegular } from '../files/regular-file.js';
import { bmpSize, decodeBmp } from './bmp.js';
import { imageFormat } from './image-format.js';
import type { Pixels } from './resize.js';

/** Images beyond this many pixels are refused unless the caller allows more: 64 megapixels. */
export const pixelLimit = 64_000_000;
const fileLimit = 1 << 30;

export interface DecodeOptions {
  /** What messages call the image. */
  readonly path: string;
  /** Largest number of pixels, `pixelLimit` by default. */
  readonly maxPixels?: number;
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
 * without compositing, CMYK by Pillow's formula, no EXIF rotation, embedded colour profiles ignored, the first frame of
 * many. 16-bit samples keep their high byte (Pillow does so for colour and clips grey at 255, which would make it white).
 *
 * @throws DataError for cut-off, empty, foreign or too large images, with the path, on one line
 */
export async function decodeRgb(bytes: Uint8Array, options: DecodeOptions): Promise<Pixels> {
  const format = imageFormat(bytes, options.path);
  if (format === 'bmp') return decodeBitmap(bytes, options);
  return decoding(options, async () => {
    const image = await opened(bytes, options);
    const { space } = await checkedMetadata(image, options);
    if (space === 'cmyk')
      return cmykToRgb(await raw(image.pipelineColourspace('cmyk').toColourspace('cmyk')));
    return keepChannels(await raw(image.toColourspace('srgb')), 3);
  });
}

/**
 * Decodes a mask to one channel, 255 where a pixel is not zero and 0 elsewhere, at its own size: Pillow's
 * `convert('L')` compared with 0. 16-bit masks are compared at full depth, so that a foreground of 1 stays.
 */
export async function decodeNonZero(bytes: Uint8Array, options: DecodeOptions): Promise<Pixels> {
  if (imageFormat(bytes, options.path) === 'bmp') return nonZero(luminance(decodeBitmap(bytes, options)));
  return decoding(options, async () => {
    const image = await opened(bytes, options);
    const { space } = await checkedMetadata(image, options);
    if (space === 'grey16') {
      const { data, info } = await image
        .toColourspace('grey16')
        .raw({ depth: 'ushort' })
        .toBuffer({ resolveWithObject: true });
      const samples = new Uint16Array(Uint8Array.from(data).buffer);
      const first = Uint8Array.from({ length: info.width * info.height }, (_, i) =>
        samples[i * info.channels]! > 0 ? 255 : 0,
      );
      return { width: info.width, height: info.height, channels: 1, data: first };
    }
    return nonZero(luminance(keepChannels(await raw(image.toColourspace('srgb')), 3)));
  });
}

/** Width and height of an image, from its header. Errors as `decodeRgb`. */
export async function imageSize(
  bytes: Uint8Array,
  options: DecodeOptions,
): Promise<{ width: number; height: number }> {
  if (imageFormat(bytes, options.path) === 'bmp') return bmpSize(bytes, options.path);
  return decoding(options, async () => checkedMetadata(await opened(bytes, options), options));
}

function decodeBitmap(bytes: Uint8Array, options: DecodeOptions): Pixels {
  const { width, height } = bmpSize(bytes, options.path);
  refuseLarge(width, height, options);
  return decodeBmp(bytes, options.path);
}

async function opened(bytes: Uint8Array, { maxPixels = pixelLimit }: DecodeOptions): Promise<Sharp> {
  const { default: sharp } = await import('sharp');
  sharp.cache(false); // every image is seen once
  sharp.concurrency(1); // several images are decoded at a time; one of them needs no threads of its own
  const settings: SharpOptions = { limitInputPixels: maxPixels, failOn: 'error', ignoreIcc: true };
  return sharp(bytes, settings).timeout({ seconds: 30 });
}

async function checkedMetadata(image: Sharp, options: DecodeOptions) {
  const metadata = await image.metadata();
  refuseLarge(metadata.width, metadata.height, options);
  if (metadata.depth !== 'uchar' && metadata.depth !== 'ushort') {
    throw new DataError(
      `${shown(options.path)}: samples of type ${metadata.depth}; expected 8 or 16 bits, convert it first.`,
    );
  }
  return metadata;
}

function refuseLarge(width: number, height: number, options: DecodeOptions): void {
  if (width * height > (options.maxPixels ?? pixelLimit)) throw tooLarge(options, `${width}×${height}`);
}

function tooLarge({ path, maxPixels = pixelLimit }: DecodeOptions, size = 'the image'): DataError {
  return new DataError(
    `${shown(path)}: ${size} has more than the ${maxPixels} pixels allowed; scale it down or raise the limit.`,
  );
}

async function decoding<R>(options: DecodeOptions, decode: () => Promise<R>): Promise<R> {
  try {
    return await decode();
  } catch (error) {
    if (error instanceof DataError) throw error;
    const text = error instanceof Error ? error.message.trim() : String(error);
    if (text.includes('exceeds pixel limit')) throw tooLarge(options); // libvips refuses by the header, without the size
    const reason = shown(text);
    throw new DataError(
      `${shown(options.path)}: does not decode (${reason}); the image is damaged or cut off.`,
      { cause: error },
    );
  }
}

async function raw(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, data };
}

function keepChannels(image: Pixels, channels: 3): Pixels {
  if (image.channels === channels) return image;
  const { width, height, data } = image;
  const out = new Uint8Array(width * height * channels);
  const grey = image.channels < channels; // one channel, or one and alpha
  for (let i = 0; i < width * height; i++) {
    const from = i * image.channels;
    for (let c = 0; c < channels; c++) out[i * channels + c] = data[grey ? from : from + c]!;
  }
  return { width, height, channels, data: out };
}

/** R = (255 − K) − C·(255 − K)/255 and likewise, in Pillow's integer arithmetic (Convert.c). */
function cmykToRgb({ width, height, channels, data }: Pixels): Pixels {
  const out = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const white = 255 - data[i * channels + 3]!;
    for (let c = 0; c < 3; c++) {
      const product = data[i * channels + c]! * white + 128;
      out[i * 3 + c] = white - (((product >> 8) + product) >> 8);
    }
  }
  return { width, height, channels: 3, data: out };
}

/** Pillow's RGB → L: ITU-R 601-2 luma in 16-bit fixed point, rounded. */
function luminance({ width, height, data }: Pixels): Pixels {
  const out = new Uint8Array(width * height);
  for (let i = 0; i < out.length; i++) {
    out[i] = (data[i * 3]! * 19595 + data[i * 3 + 1]! * 38470 + data[i * 3 + 2]! * 7471 + 0x8000) >> 16;
  }
  return { width, height, channels: 1, data: out };
}

function nonZero(image: Pixels): Pixels {
  return { ...image, data: image.data.map((value) => (value > 0 ? 255 : 0)) };
}
