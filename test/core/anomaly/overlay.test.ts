import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { STRIP_HEIGHT } from '../../../src/core/anomaly/caption.js';
import { heatColour, heatOf, TRUTH } from '../../../src/core/anomaly/colours.js';
import { maskPng } from '../../../src/core/anomaly/mask-png.js';
import { type OverlayInput, overlayPng } from '../../../src/core/anomaly/overlay.js';
import { drawContour, enlargeMap, maskPixels, resizeMask } from '../../../src/core/anomaly/raster.js';

const MAP = 64;
const GREY = 100;

/** A grey part with a square defect in the middle of the map, half as large as it. */
function scene(more: Partial<OverlayInput> = {}): OverlayInput {
  const inDefect = (i: number) =>
    Math.abs((i % MAP) - MAP / 2) < MAP / 4 && Math.abs(Math.floor(i / MAP) - MAP / 2) < MAP / 4;
  const map = Float32Array.from({ length: MAP * MAP }, (_, i) => (inDefect(i) ? 2 : 0.5));
  return {
    image: { width: 120, height: 120, channels: 3, data: new Uint8Array(120 * 120 * 3).fill(GREY) },
    map,
    mapWidth: MAP,
    mapHeight: MAP,
    mapThreshold: 1,
    mask: Uint8Array.from(map, (value) => (value > 1 ? 1 : 0)),
    caption: { class: 'bolt', verdict: 'ng', score: 0.9, rawScore: 2, threshold: 1.1 },
    ...more,
  };
}

async function decoded(png: Buffer) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [
    ...data.subarray(info.channels * (y * info.width + x)).subarray(0, 3),
  ];
  return { ...info, data, at };
}

describe('an overlay', () => {
  test('has three panels: the photograph, hot and cold over it, the mask', async () => {
    const { width, height, at } = await decoded(await overlayPng(scene(), 200));
    expect(width).toBe(3 * 200 + 4 * 4);
    expect(height).toBeGreaterThan(STRIP_HEIGHT + 200);
    const [middle, edge] = [STRIP_HEIGHT + 100, STRIP_HEIGHT + 20];
    expect(at(4 + 100, middle)).toEqual([GREY, GREY, GREY]);
    const blend = (heat: number) =>
      heatColour(heat).map((c) => Math.round((1 - 0.15 - 0.5 * heat) * GREY + (0.15 + 0.5 * heat) * c));
    expect(at(8 + 200 + 100, middle)).toEqual(blend(1));
    expect(at(8 + 200 + 100, edge)).toEqual(blend(0.25));
    expect(at(12 + 400 + 100, middle)).toEqual([255, 255, 255]);
    expect(at(12 + 400 + 100, edge)).toEqual([0, 0, 0]);
  });

  test('outlines the ground truth in magenta on every panel', async () => {
    const input = scene();
    const { at } = await decoded(await overlayPng(scene({ truth: input.mask }), 256));
    const y = STRIP_HEIGHT + 128;
    const left = (MAP / 4 + 1) * 4; // first column of the square, four pixels a map pixel
    for (const panel of [0, 1, 2]) expect(at(4 + panel * 260 + left, y)).toEqual([...TRUTH]);
  });

  test('keeps the shape of the image, and its legend readable under narrow ones', async () => {
    const tall = { width: 20, height: 200, channels: 3, data: new Uint8Array(20 * 200 * 3).fill(GREY) };
    const { width, height } = await decoded(await overlayPng(scene({ image: tall }), 200));
    expect(height).toBeGreaterThan(230);
    expect(width).toBe(3 * 190 + 4 * 4);
  });

  test.each(['<&>"\'', 'a\u0000\u001bb', '\ud800', '日本語 Ünïcödé', 'x'.repeat(500)])(
    'survives the class name %j',
    async (name) => {
      const caption = { ...scene().caption, class: name, truth: name };
      const { data } = await decoded(await overlayPng(scene({ caption }), 100));
      expect(data.length).toBeGreaterThan(0);
    },
  );
});

describe('heat', () => {
  test('is one half at the threshold whatever the class, and ends at twice the threshold', () => {
    for (const threshold of [1e-5, 0.3, 40]) {
      const heats = [0, 0.5, 1, 1.5, 2, 9].map((factor) => heatOf(factor * threshold, { threshold }));
      expect(heats).toEqual([0, 0.25, 0.5, 0.75, 1, 1]);
    }
    expect(heatOf(-3, { threshold: 1 })).toBe(0);
    expect([0, 0.1].map((value) => heatOf(value, { threshold: 0 }))).toEqual([0, 1]);
  });

  test('runs from dark blue over green to dark red', () => {
    const [, greenAtHalf] = heatColour(0.5);
    expect(greenAtHalf).toBeGreaterThan(240);
    expect(heatColour(0.15)[2]).toBeGreaterThan(200);
    expect(heatColour(1)[0]).toBeGreaterThan(heatColour(1)[2]);
  });
});

describe('pictures of maps and masks', () => {
  test('enlarging keeps a constant and a ramp, whatever the sizes', () => {
    const ramp = Float32Array.from({ length: 8 }, (_, i) => i % 4);
    const wide = enlargeMap(ramp, { width: 4, height: 2 }, { width: 8, height: 3 });
    expect([...wide.subarray(0, 8)]).toEqual([0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]);
    expect([...wide.subarray(16)]).toEqual([...wide.subarray(0, 8)]);
  });

  test('a contour is the border inside the region, closed at the frame', () => {
    const mask = Uint8Array.from([0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1]);
    const picture = maskPixels(mask, 4, 4);
    drawContour(picture, mask, [9, 9, 9]);
    const reds = Array.from({ length: 16 }, (_, i) => picture.data[3 * i]);
    expect(reds).toEqual([0, 0, 0, 0, 0, 9, 9, 9, 0, 9, 255, 9, 0, 9, 9, 9]);
  });

  test('a mask is written with 0 and 255, at the size of the map or of the image', async () => {
    const mask = Uint8Array.of(0, 1, 1, 0);
    const from = { width: 2, height: 2 };
    const decodedGrey = async (png: Buffer) => {
      expect((await sharp(png).metadata()).channels).toBe(1);
      return [...(await sharp(png).toColourspace('b-w').raw().toBuffer())];
    };
    expect(await decodedGrey(await maskPng(mask, from))).toEqual([0, 255, 255, 0]);
    const large = await decodedGrey(await maskPng(mask, from, { width: 6, height: 4 }));
    expect(large.slice(0, 6)).toEqual([0, 0, 0, 255, 255, 255]);
    expect(large.slice(18)).toEqual([255, 255, 255, 0, 0, 0]);
  });

  test('reducing a mask and enlarging it again keeps blocks', () => {
    const mask = Uint8Array.of(0, 1, 1, 0);
    const [small, large] = [
      { width: 2, height: 2 },
      { width: 10, height: 10 },
    ];
    expect(resizeMask(resizeMask(mask, small, large), large, small)).toEqual(mask);
  });
});
