import type { Metadata, Sharp, SharpOptions } from 'sharp';
import { DataError } from '../errors.js';
import { shown } from '../files/file-errors.js';
import { isGifWhole } from './gif-blocks.js';
import type { ImageFormat } from './image-format.js';
import { withoutHarmlessOddities } from './jpeg-oddities.js';
import type { Pixels } from './resize.js';
import { asRgb, type TiffHeader, tiffHeader } from './tiff-header.js';
import { withPlainDirectory } from './tiff-oddities.js';

/** Images beyond this many pixels are refused unless the caller allows more: 64 megapixels. */
export const pixelLimit = 64_000_000;

export interface OpenOptions {
  /** What messages call the image. */
  readonly path: string;
  /** Largest number of pixels, `pixelLimit` by default. */
  readonly maxPixels?: number;
}

/** An image that libvips reads, with what its header says. */
export interface OpenedImage {
  /** Y, Cb and Cr of a TIFF that holds them whole come as they are. */
  readonly image: Sharp;
  readonly metadata: Metadata;
  /** Of TIFFs only. */
  readonly tiff: TiffHeader | undefined;
  /** As it will be decoded: upright. */
  readonly width: number;
  readonly height: number;
}

/**
 * Opens an image for `work`. A decoder's warning is an error, because behind it half of a picture may be rubbish; what is
 * known to be harmless is taken out first. TIFFs are turned upright by their orientation, as viewers and Pillow do.
 *
 * @throws DataError for cut-off, damaged, foreign or too large images, with the path, on one line
 */
export async function withImage<R>(
  bytes: Uint8Array,
  format: ImageFormat,
  options: OpenOptions,
  work: (opened: OpenedImage) => Promise<R>,
): Promise<R> {
  const tiff = format === 'tiff' ? tiffHeader(bytes) : undefined;
  if (tiff) refuseUnknown(tiff, options.path);
  if (format === 'gif' && !isGifWhole(bytes)) throw inWords('the coded data stops early', options);
  const readable = tiff?.yCbCr === 'whole' ? asRgb(bytes) : bytes;
  const attempt = async (data: Uint8Array) => work(await open(data, tiff, options));
  try {
    return await attempt(readable);
  } catch (error) {
    if (error instanceof DataError) throw error;
    const whole = mend[format]?.(readable);
    const again =
      whole &&
      (await attempt(whole)
        .then((result) => ({ result }))
        .catch(() => undefined));
    if (again) return again.result;
    throw inWords(error, options);
  }
}

/** Takes out of a file what decoders warn of although the picture is whole. */
const mend: Partial<Record<ImageFormat, (bytes: Uint8Array) => Uint8Array | undefined>> = {
  jpeg: withoutHarmlessOddities,
  tiff: withPlainDirectory,
};

/** 8-bit samples, channels interleaved. */
export async function raw8(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, data };
}

/** 16-bit samples, channels interleaved. */
export async function raw16(image: Sharp): Promise<Omit<Pixels, 'data'> & { data: Uint16Array }> {
  const { data, info } = await image.raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
  const samples = new Uint16Array(new Uint8Array(data).buffer); // a copy: Node's buffers begin at any byte
  return { width: info.width, height: info.height, channels: info.channels, data: samples };
}

/** @throws DataError when there are more pixels than allowed */
export function refuseLarge(width: number, height: number, options: OpenOptions): void {
  if (width * height > (options.maxPixels ?? pixelLimit)) throw tooLarge(options, `${width}×${height}`);
}

async function open(
  bytes: Uint8Array,
  tiff: TiffHeader | undefined,
  options: OpenOptions,
): Promise<OpenedImage> {
  const { default: sharp } = await import('sharp');
  sharp.cache(false); // every image is seen once
  sharp.concurrency(1); // several images are decoded at a time; one of them needs no threads of its own
  const { maxPixels = pixelLimit } = options;
  const settings: SharpOptions = { limitInputPixels: maxPixels, failOn: 'warning', ignoreIcc: true };
  const image = sharp(bytes, settings).timeout({ seconds: 30 });
  const metadata = await image.metadata();
  refuseLarge(metadata.width, metadata.height, options);
  const upright = tiff && tiff.orientation > 1 ? image.autoOrient() : image;
  const lies = tiff !== undefined && tiff.orientation >= 5;
  const [width, height] = lies ? [metadata.height, metadata.width] : [metadata.width, metadata.height];
  return { image: upright, metadata, tiff, width, height };
}

/** Compressions of TIFF that our libvips is built without. */
const compressions: Readonly<Record<number, string>> = {
  32771: 'CCITT RLEW',
  32809: 'ThunderScan',
  33003: 'JPEG 2000',
  33004: 'JPEG 2000',
  33005: 'JPEG 2000',
  34676: 'SGI LogLuv',
  34677: 'SGI LogLuv',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34925: 'LZMA',
  34926: 'ZSTD',
  34933: 'PNG',
  34934: 'JPEG XR',
  50000: 'ZSTD',
  50002: 'JPEG XL',
  52546: 'JPEG XL',
};

/** Colour spaces of TIFF that have no plain way to RGB. */
const colourSpaces: Readonly<Record<number, string>> = {
  8: 'CIELAB',
  9: 'ICC L*a*b*',
  10: 'ITU L*a*b*',
  32803: 'a raw colour filter array',
  32844: 'LogL',
  32845: 'LogLuv',
  34892: 'linear raw',
};

function refuseUnknown({ compression, photometric, bits, yCbCr }: TiffHeader, path: string): void {
  if (yCbCr === 'unsaid' || (yCbCr && bits !== 8)) {
    throw new DataError(
      `${shown(path)}: a TIFF in YCbCr ${bits === 8 ? 'that does not say its subsampling' : `of ${bits} bits`}; save it as RGB.`,
    );
  }
  const packed = compressions[compression];
  if (packed) {
    throw new DataError(
      `${shown(path)}: a TIFF compressed with ${packed}, which is not read; save it uncompressed, or with LZW or Deflate.`,
    );
  }
  const space = photometric === undefined ? undefined : colourSpaces[photometric];
  if (space) {
    throw new DataError(`${shown(path)}: a TIFF whose colours are ${space}; save it as RGB or grey.`);
  }
  if (![1, 2, 4, 8, 16, 32, 64].includes(bits)) {
    throw new DataError(
      `${shown(path)}: a TIFF of ${bits} bits a sample; save it with 8 or 16 bits (and see --window).`,
    );
  }
}

function tooLarge({ path, maxPixels = pixelLimit }: OpenOptions, size = 'the image'): DataError {
  return new DataError(
    `${shown(path)}: ${size} has more than the ${maxPixels} pixels allowed; scale it down or raise the limit.`,
  );
}

function inWords(error: unknown, options: OpenOptions): DataError {
  const text = error instanceof Error ? error.message.trim() : String(error);
  if (text.includes('exceeds pixel limit')) return tooLarge(options); // libvips refuses by the header, without the size
  // libvips says the same once a strip.
  const told = text.replace('Warning treated as error due to failOn setting', 'its decoder warns of it');
  const reason = [...new Set(told.split('\n').map((line) => line.trim()))].filter(Boolean).join('; ');
  const where = `${shown(options.path)}: does not decode (${shown(reason)})`;
  if (/not (configured|implemented|supported)|unsupported/i.test(text) && !/image format/.test(text)) {
    return new DataError(`${where}; this variant of the format is not read, save the image in another way.`, {
      cause: error,
    });
  }
  return new DataError(`${where}; the image is damaged or cut off.`, { cause: error });
}
