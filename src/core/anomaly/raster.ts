import type { Pixels } from '../data/resize.js';
import { type HeatScale, heatColour, heatOf, type Rgb } from './colours.js';

/** Bilinear enlargement of a map to any size, pixel centres aligned, edges repeated. */
export function enlargeMap(
  map: Float32Array,
  from: { width: number; height: number },
  to: { width: number; height: number },
): Float32Array {
  const columns = samples(from.width, to.width);
  const enlarged = new Float32Array(to.width * to.height);
  samples(from.height, to.height).forEach(([top, bottom, down], y) => {
    columns.forEach(([left, right, along], x) => {
      const above = (1 - along) * map[top * from.width + left]! + along * map[top * from.width + right]!;
      const below =
        (1 - along) * map[bottom * from.width + left]! + along * map[bottom * from.width + right]!;
      enlarged[y * to.width + x] = (1 - down) * above + down * below;
    });
  });
  return enlarged;
}

function samples(from: number, to: number): [before: number, after: number, fraction: number][] {
  return Array.from({ length: to }, (_, i) => {
    const position = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const before = Math.floor(position);
    return [before, Math.min(before + 1, from - 1), position - before];
  });
}

/** Nearest-neighbour enlargement (or reduction) of a mask. */
export function resizeMask(
  mask: Uint8Array,
  from: { width: number; height: number },
  to: { width: number; height: number },
): Uint8Array {
  return Uint8Array.from({ length: to.width * to.height }, (_, i) => {
    const x = Math.floor((((i % to.width) + 0.5) * from.width) / to.width);
    const y = Math.floor(((Math.floor(i / to.width) + 0.5) * from.height) / to.height);
    return mask[y * from.width + x]!;
  });
}

/** Blends heat colours over an image, faint where the map is cold; the map has the image's size. */
export function paintHeat(image: Pixels, map: Float32Array, scale: HeatScale): Pixels {
  const data = Uint8Array.from(image.data);
  for (let i = 0; i < map.length; i++) {
    const heat = heatOf(map[i]!, scale);
    const opacity = 0.15 + 0.5 * heat;
    const colour = heatColour(heat);
    for (let c = 0; c < 3; c++) {
      data[3 * i + c] = Math.round((1 - opacity) * data[3 * i + c]! + opacity * colour[c]!);
    }
  }
  return { ...image, data };
}

/** Draws the inner border of a mask's regions on an image of the same size, in place. */
export function drawContour(
  { data, width, height }: Pixels,
  mask: Uint8Array,
  colour: Rgb,
  thickness = 1,
): void {
  const inside = (x: number, y: number) =>
    x >= 0 && x < width && y >= 0 && y < height && mask[y * width + x] !== 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!inside(x, y)) continue;
      // Regions that touch the frame are closed along it.
      const border =
        !inside(x - thickness, y) ||
        !inside(x + thickness, y) ||
        !inside(x, y - thickness) ||
        !inside(x, y + thickness);
      if (border) data.set(colour, 3 * (y * width + x));
    }
  }
}

/** A mask as a black and white picture. */
export function maskPixels(mask: Uint8Array, width: number, height: number): Pixels {
  const data = new Uint8Array(3 * width * height);
  mask.forEach((value, i) => {
    if (value !== 0) data.fill(255, 3 * i, 3 * i + 3);
  });
  return { width, height, channels: 3, data };
}
