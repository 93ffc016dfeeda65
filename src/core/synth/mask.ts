import { boxBlur } from './blur.js';

const visible = 10; // grey levels of 255: below, the difference drowns in sensor noise and texture
const pinhole = 0.004; // of the image: a larger hole in a defect is no defect, such as the inside of a loop of thread
const bridge = 2; // units: gaps up to twice this wide, inside a defect, are part of it

/**
 * Which pixels a defect changed visibly: the same specimen is photographed with and without it, under the same light and
 * with the same sensor noise. Gaps inside are closed. RGB [size, size, 3] twice → [size, size], 0 or 255.
 */
export function changedPixels(good: Uint8Array, bad: Uint8Array, size: number): Uint8Array {
  const changed = new Float32Array(size * size);
  for (let i = 0; i < changed.length; i++) {
    const k = 3 * i;
    const difference = Math.max(
      Math.abs(good[k]! - bad[k]!),
      Math.abs(good[k + 1]! - bad[k + 1]!),
      Math.abs(good[k + 2]! - bad[k + 2]!),
    );
    changed[i] = difference >= visible ? 1 : 0;
  }
  const radius = Math.max(1, Math.round((bridge * size) / 256));
  return fillHoles(close(changed, size, radius), size);
}

/** Share of the picture that is defective. */
export function maskShare(mask: Uint8Array): number {
  let count = 0;
  for (const value of mask) if (value > 0) count++;
  return count / mask.length;
}

/** Closing with a square: what is empty and cannot hold the square becomes full. */
function close(mask: Float32Array, size: number, radius: number): Uint8Array {
  const some = 0.5 / (2 * radius + 1) ** 2;
  const near = boxBlur(mask, size, radius);
  for (let i = 0; i < near.length; i++) near[i] = near[i]! > some ? 1 : 0;
  const full = boxBlur(near, size, radius);
  const closed = new Uint8Array(full.length);
  for (let i = 0; i < full.length; i++) closed[i] = full[i]! > 1 - some ? 255 : 0;
  return closed;
}

/** Fills the small holes: 4-connected regions of zeros up to `pinhole` of the image. */
function fillHoles(mask: Uint8Array, size: number): Uint8Array {
  const filled = mask.slice();
  const seen = mask.slice();
  const region = new Int32Array(mask.length);
  for (let start = 0; start < mask.length; start++) {
    if (seen[start] !== 0) continue;
    const count = collect(seen, size, start, region);
    if (count <= pinhole * mask.length) for (let k = 0; k < count; k++) filled[region[k]!] = 255;
  }
  return filled;
}

/** The region of zeros around `start` into `region`, marking it seen; returns its size. */
function collect(seen: Uint8Array, size: number, start: number, region: Int32Array): number {
  let count = 0;
  const add = (i: number) => {
    if (seen[i] !== 0) return;
    seen[i] = 1;
    region[count++] = i;
  };
  add(start);
  for (let next = 0; next < count; next++) {
    const i = region[next]!;
    const column = i % size;
    if (column > 0) add(i - 1);
    if (column < size - 1) add(i + 1);
    if (i >= size) add(i - size);
    if (i + size < seen.length) add(i + size);
  }
  return count;
}
