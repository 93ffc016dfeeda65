import { ConfigError } from '../errors.js';
import { curve, type ScanType, scanTypes } from './curves.js';
import type { VisitingOrder } from './visiting-order.js';

/** How the four base geometries are oriented; `true-8` flips the last so that no Hilbert direction repeats. */
export const orientations = ['released', 'true-8'] as const;
export type Orientation = (typeof orientations)[number];

/** One scan type and how many directions use it. */
interface ScanGroup {
  type: ScanType;
  directions: number;
}

/**
 * The visiting orders of K directions over an n×n map (docs/algorithms.md 1.6; the released code's `forward_core`).
 *
 * @param scan a scan type, or a mixture such as `sweep4+hilbert4`, whose counts replace `directions`.
 * @throws ConfigError for an unknown scan type or a number of directions other than 2, 4 or 8.
 */
export function visitingOrder(
  scan: string,
  directions: number,
  n: number,
  orientation: Orientation = 'released',
): VisitingOrder {
  const key = `${scan}/${directions}/${n}/${orientation}`;
  const known = cache.get(key);
  if (known) return known;
  const groups = parseScan(scan, directions);
  const orders = groups.flatMap((group) => directedOrders(group, n, orientation));
  const indices = new Int32Array(orders.length * n * n);
  orders.forEach((order, k) => {
    indices.set(order, k * n * n);
  });
  const result = { indices, directions: orders.length, length: n * n, segment: n * n };
  cache.set(key, result);
  return result;
}

const cache = new Map<string, VisitingOrder>();

/** Number of directions of a scan description. */
export function directionCount(scan: string, directions: number): number {
  return parseScan(scan, directions).reduce((sum, group) => sum + group.directions, 0);
}

function parseScan(scan: string, directions: number): ScanGroup[] {
  return scan.split('+').map((part) => {
    const match = /^([a-z]+)(\d?)$/.exec(part);
    const type = match?.[1] as ScanType;
    const count = match?.[2] ? Number(match[2]) : directions;
    if (!scanTypes.includes(type)) {
      throw new ConfigError(
        `unknown scan "${part}": choose one of ${scanTypes.join(', ')}, or a mixture such as sweep4+hilbert4`,
      );
    }
    if (![2, 4, 8].includes(count)) {
      throw new ConfigError(`a scan has 2, 4 or 8 directions, not ${count} (in "${scan}")`);
    }
    return { type, directions: count };
  });
}

/** The base geometries (identity, transpose, …) read along the curve, then the same ones backwards. */
function directedOrders({ type, directions }: ScanGroup, n: number, orientation: Orientation): Int32Array[] {
  const walk = curve(type, n);
  const forward = geometries(n, orientation)
    .slice(0, directions / 2)
    .map((pixelAt) => walk.map((pixel) => pixelAt(Math.floor(pixel / n), pixel % n)));
  return [...forward, ...forward.map((order) => order.slice().reverse())];
}

function geometries(n: number, orientation: Orientation): ((i: number, j: number) => number)[] {
  return [
    (i, j) => i * n + j,
    (i, j) => j * n + i,
    (i, j) => j * n + (n - 1 - i),
    orientation === 'true-8' ? (i, j) => (n - 1 - i) * n + j : (i, j) => i * n + (n - 1 - j),
  ];
}
