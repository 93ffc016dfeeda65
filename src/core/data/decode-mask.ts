import { cmykToRgb, yCbCrToRgb } from './colours-to-rgb.js';
import { decodeBitmap } from './decode.js';
import { webpChunk } from './exif-orientation.js';
import { type ImageFormat, imageFormat } from './image-format.js';
import { markingLevel } from './mask-levels.js';
import type { Pixels } from './resize.js';
import { type OpenedImage, type OpenOptions, raw8, raw16, withImage } from './sharp-image.js';
import type { TiffHeader } from './tiff-header.js';

/** A mask's samples at their own depth, channels interleaved. */
type Samples = Omit<Pixels, 'data'> & { data: Uint8Array | Uint16Array };

/**
 * Decodes a mask to one channel at its own size: 255 where a pixel marks a defect and 0 elsewhere. A pixel is as bright as
 * its brightest channel; `markingLevel` says from which brightness it marks. Masks of 16 bits are read at full depth, so
 * that a label of 1 stays. A mask of one colour whose alpha varies is its alpha.
 *
 * @throws DataError as `decodeRgb`
 */
export async function decodeMask(bytes: Uint8Array, options: OpenOptions): Promise<Pixels> {
  const format = imageFormat(bytes, options.path);
  if (format === 'bmp') return marked(decodeBitmap(bytes, options), false);
  return withImage(bytes, format, options, async (opened) =>
    marked(await samplesOf(opened), isLossy(bytes, format, opened.tiff)),
  );
}

async function samplesOf(opened: OpenedImage): Promise<Samples> {
  const { image, metadata, tiff } = opened;
  if (metadata.depth !== 'uchar' && metadata.depth !== 'ushort') return anyDepth(opened);
  if (metadata.space === 'cmyk')
    return cmykToRgb(await raw8(image.pipelineColourspace('cmyk').toColourspace('cmyk')));
  if (metadata.depth === 'ushort')
    return raw16(image.toColourspace(metadata.space === 'grey16' ? 'grey16' : 'rgb16'));
  const pixels = await raw8(image.toColourspace('srgb'));
  return tiff?.yCbCr === 'whole' ? yCbCrToRgb(pixels, tiff) : pixels;
}

/** Floats and integers of other sizes, as numerical programs write their masks: not zero is 1. */
async function anyDepth({ image }: OpenedImage): Promise<Samples> {
  const { data, info } = await image.raw({ depth: 'double' }).toBuffer({ resolveWithObject: true });
  const values = new Float64Array(new Uint8Array(data).buffer);
  const { width, height, channels } = info;
  return { width, height, channels, data: Uint8Array.from(values, (value) => (value > 0 ? 1 : 0)) };
}

function marked(samples: Samples, lossy: boolean): Pixels {
  const { width, height } = samples;
  const brightness = alphaAlone(samples) ?? brightestChannel(samples);
  const isDeep = brightness instanceof Uint16Array;
  const level = isDeep ? 0 : markingLevel(counted(brightness), lossy);
  const data = new Uint8Array(brightness.length);
  for (let i = 0; i < data.length; i++) data[i] = brightness[i]! > level ? 255 : 0;
  return { width, height, channels: 1, data };
}

function counted(values: Uint8Array): Float64Array {
  const counts = new Float64Array(256);
  for (const value of values) counts[value]!++;
  return counts;
}

function brightestChannel({ width, height, channels, data }: Samples): Uint8Array | Uint16Array {
  const colours = channels > 2 ? 3 : 1;
  const out = data instanceof Uint16Array ? new Uint16Array(width * height) : new Uint8Array(width * height);
  for (let i = 0; i < out.length; i++) {
    const at = i * channels;
    out[i] = colours === 1 ? data[at]! : Math.max(data[at]!, data[at + 1]!, data[at + 2]!);
  }
  return out;
}

/** The alpha channel where the colours say nothing and it does. */
function alphaAlone({ width, height, channels, data }: Samples): Uint8Array | undefined {
  if (channels % 2 === 1) return undefined;
  const alpha = channels - 1;
  let varies = false;
  for (let i = 0; i < width * height; i++) {
    const at = i * channels;
    for (let c = 0; c < alpha; c++) if (data[at + c] !== data[c]) return undefined;
    if (data[at + alpha] !== data[alpha]) varies = true;
  }
  if (!varies) return undefined;
  return Uint8Array.from({ length: width * height }, (_, i) => (data[i * channels + alpha]! > 0 ? 255 : 0));
}

/** JPEG, also inside a TIFF, and lossy WebP. */
function isLossy(bytes: Uint8Array, format: ImageFormat, tiff: TiffHeader | undefined): boolean {
  if (format === 'jpeg') return true;
  if (format === 'webp') return webpChunk(bytes, 'VP8 ') !== undefined;
  return tiff !== undefined && [6, 7, 50001].includes(tiff.compression);
}
