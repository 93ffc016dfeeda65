import { ConfigError } from '../errors.js';

/** The five orders in which a square map can be walked (MambaAD section 3.3). */
export const scanTypes = ['sweep', 'scan', 'zorder', 'zigzag', 'hilbert'] as const;
export type ScanType = (typeof scanTypes)[number];

/**
 * The walk `P` over an n×n map: `P[t]` is the row-major pixel visited at step t.
 *
 * @throws ConfigError for a Hilbert or Z-order walk when n is not a power of two.
 */
export function curve(type: ScanType, n: number): Int32Array {
  if ((type === 'hilbert' || type === 'zorder') && (n & (n - 1)) !== 0) {
    throw new ConfigError(
      `a ${type} scan needs a map side that is a power of two, this one is ${n}: choose another scan or input size`,
    );
  }
  return walks[type](n);
}

const walks: Record<ScanType, (n: number) => Int32Array> = {
  sweep: (n) => Int32Array.from({ length: n * n }, (_, t) => t),
  scan: (n) =>
    Int32Array.from({ length: n * n }, (_, t) => {
      const row = Math.floor(t / n);
      const column = t % n;
      return row * n + (row % 2 === 0 ? column : n - 1 - column);
    }),
  zorder: (n) => Int32Array.from({ length: n * n }, (_, t) => evenBits(t >>> 1) * n + evenBits(t)),
  zigzag,
  hilbert: (n) => Int32Array.from({ length: n * n }, (_, t) => hilbertPixel(t, n)),
};

/** Anti-diagonals in turn: even ones from bottom-left to top-right, odd ones back. */
function zigzag(n: number): Int32Array {
  const order = new Int32Array(n * n);
  let t = 0;
  for (let diagonal = 0; diagonal <= 2 * n - 2; diagonal++) {
    const low = Math.max(0, diagonal - n + 1);
    const high = Math.min(n - 1, diagonal);
    for (let step = low; step <= high; step++) {
      const [row, column] = diagonal % 2 === 0 ? [diagonal - step, step] : [step, diagonal - step];
      order[t++] = row * n + column;
    }
  }
  return order;
}

/** Gathers bits 0, 2, 4, … of `value`: one coordinate of its Morton code. */
function evenBits(value: number): number {
  let result = 0;
  for (let bit = 0; bit < 16; bit++) result |= ((value >>> (2 * bit)) & 1) << bit;
  return result;
}

/** The textbook distance-to-point conversion of the Hilbert curve; x runs along columns, y along rows. */
function hilbertPixel(distance: number, n: number): number {
  let x = 0;
  let y = 0;
  let t = distance;
  for (let side = 1; side < n; side *= 2) {
    const rx = 1 & (t >>> 1);
    const ry = 1 & (t ^ rx);
    if (ry === 0) {
      if (rx === 1) {
        x = side - 1 - x;
        y = side - 1 - y;
      }
      [x, y] = [y, x];
    }
    x += side * rx;
    y += side * ry;
    t >>>= 2;
  }
  return x + n * y;
}
