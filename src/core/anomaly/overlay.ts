import sharp from 'sharp';
import type { Pixels } from '../data/resize.js';
import { type Caption, captionStrip, LEGEND_HEIGHT, legendStrip, STRIP_HEIGHT } from './caption.js';
import { PREDICTED, SHADE, TRUTH } from './colours.js';
import { drawContour, enlargeMap, maskPixels, paintHeat, resizeMask } from './raster.js';

/** What an overlay shows. */
export interface OverlayInput {
  /** The photograph, RGB, any size; its aspect ratio is that of the panels. */
  image: Pixels;
  /** Anomaly map `[mapHeight, mapWidth]`, raw, spanning the whole image. */
  map: Float32Array;
  mapWidth: number;
  mapHeight: number;
  /** On the raw map: the colour in the middle of the ramp. */
  mapThreshold: number;
  /** Predicted mask at the size of the map. */
  mask: Uint8Array;
  /** Ground truth at the size of the map, when known. */
  truth?: Uint8Array | undefined;
  caption: Caption;
}

const GAP = 4;
const LEAST_CELL = 190; // narrower than that the legend does not fit under a panel of a tall part
const BACKGROUND = { r: 24, g: 24, b: 27 };

/**
 * One PNG: photograph | heat map over it with the outline of the predicted mask | predicted mask, side by side under a
 * caption and over a legend. Outlines: white predicted, magenta ground truth.
 *
 * @param side longer side of each panel in pixels
 */
export async function overlayPng(input: OverlayInput, side = 320): Promise<Buffer> {
  const size = panelSize(input.image, side);
  const photo = await resized(input.image, size);
  const from = { width: input.mapWidth, height: input.mapHeight };
  const mask = resizeMask(input.mask, from, size);
  const heat = paintHeat(photo, enlargeMap(input.map, from, size), { threshold: input.mapThreshold });
  const plain = { ...photo, data: Uint8Array.from(photo.data) };
  const white = maskPixels(mask, size.width, size.height);
  // Dark inside white: seen on bright parts and on dark ones.
  drawContour(heat, mask, SHADE, 2);
  drawContour(heat, mask, PREDICTED);
  if (input.truth) {
    const truth = resizeMask(input.truth, from, size);
    for (const panel of [plain, heat, white]) drawContour(panel, truth, TRUTH, 2);
  }
  return assemble([plain, heat, white], size, input);
}

async function assemble(
  panels: readonly Pixels[],
  size: { width: number; height: number },
  { caption, mapThreshold, truth }: OverlayInput,
): Promise<Buffer> {
  const cell = Math.max(size.width, LEAST_CELL);
  const width = panels.length * cell + (panels.length + 1) * GAP;
  const height = STRIP_HEIGHT + size.height + LEGEND_HEIGHT;
  const layers = panels.map((panel, i) => ({
    input: Buffer.from(panel.data.buffer, panel.data.byteOffset, panel.data.byteLength),
    raw: { width: panel.width, height: panel.height, channels: 3 as const },
    left: GAP + i * (cell + GAP) + Math.floor((cell - size.width) / 2),
    top: STRIP_HEIGHT,
  }));
  const strips = [
    { input: Buffer.from(captionStrip(caption, width)), left: 0, top: 0 },
    {
      input: Buffer.from(legendStrip(mapThreshold, cell, GAP, truth !== undefined)),
      left: 0,
      top: STRIP_HEIGHT + size.height,
    },
  ];
  return sharp({ create: { width, height, channels: 3, background: BACKGROUND } })
    .composite([...layers, ...strips])
    .png({ compressionLevel: 6 })
    .toBuffer();
}

function panelSize({ width, height }: Pixels, side: number): { width: number; height: number } {
  const scale = side / Math.max(width, height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

async function resized(image: Pixels, { width, height }: { width: number; height: number }): Promise<Pixels> {
  const raw = { width: image.width, height: image.height, channels: 3 as const };
  const data = await sharp(image.data, { raw }).resize(width, height, { fit: 'fill' }).raw().toBuffer();
  return { width, height, channels: 3, data };
}
