import sharp from 'sharp';
import { resizeMask } from './raster.js';

/**
 * A predicted mask as a one-channel PNG, 255 where defective: at the size of the map, or enlarged by nearest neighbour
 * to the size of the image it belongs to, so that it lies on the original pixels.
 */
export async function maskPng(
  mask: Uint8Array,
  from: { width: number; height: number },
  to: { width: number; height: number } = from,
): Promise<Buffer> {
  const data = resizeMask(mask, from, to).map((value) => (value === 0 ? 0 : 255));
  return sharp(data, { raw: { ...to, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}
