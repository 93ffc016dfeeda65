// A scored test set of MVTec-AD's size: 15 classes, 1,725 maps of 256², elliptic defects with masks, seeded.

import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export const SIDE = 256;
const AREA = SIDE * SIDE;

/** Good and defective test images of each MVTec-AD class. */
export const CLASSES = [
  ['carpet', 28, 89],
  ['grid', 21, 57],
  ['leather', 32, 92],
  ['tile', 33, 84],
  ['wood', 19, 60],
  ['bottle', 20, 63],
  ['cable', 58, 92],
  ['capsule', 23, 109],
  ['hazelnut', 40, 70],
  ['metal_nut', 22, 93],
  ['pill', 26, 141],
  ['screw', 41, 119],
  ['toothbrush', 12, 30],
  ['transistor', 60, 40],
  ['zipper', 32, 119],
];

/** Writes `maps.f32` and `masks.u8`, image after image in class order. */
export function writeTestSet(folder) {
  const maps = openSync(join(folder, 'maps.f32'), 'w');
  const masks = openSync(join(folder, 'masks.u8'), 'w');
  const random = generator(20240607);
  const map = new Float32Array(AREA);
  const mask = new Uint8Array(AREA);
  for (const [, good, defective] of CLASSES) {
    for (let i = 0; i < good + defective; i++) {
      for (let p = 0; p < AREA; p++) map[p] = 0.6 * random() * random();
      mask.fill(0);
      if (i >= good) for (let n = 1 + Math.floor(3 * random()); n > 0; n--) drawDefect(map, mask, random);
      writeSync(maps, new Uint8Array(map.buffer));
      writeSync(masks, mask);
    }
  }
  closeSync(maps);
  closeSync(masks);
}

function drawDefect(map, mask, random) {
  const [x, y, a, b] = [random() * SIDE, random() * SIDE, 3 + 30 * random(), 3 + 30 * random()];
  const strength = random();
  for (let row = Math.max(0, Math.ceil(y - b)); row <= Math.min(SIDE - 1, y + b); row++) {
    for (let column = Math.max(0, Math.ceil(x - a)); column <= Math.min(SIDE - 1, x + a); column++) {
      if (((column - x) / a) ** 2 + ((row - y) / b) ** 2 > 1) continue;
      mask[row * SIDE + column] = 1;
      map[row * SIDE + column] += strength * (0.3 + 0.7 * random());
    }
  }
}

/** mulberry32: fast, seeded, good enough for pixels. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
