import { expect, test } from 'vitest';
import { directionCount, visitingOrder } from '../../../src/core/scan/directions.js';

/** The walks of an order, one list a direction. */
const walks = (...args: Parameters<typeof visitingOrder>) => {
  const { indices, directions, length } = visitingOrder(...args);
  return Array.from({ length: directions }, (_, k) =>
    Array.from(indices.subarray(k * length, (k + 1) * length)),
  );
};
const distinct = (orders: number[][]) => new Set(orders.map(String)).size;

test('the second half of the directions are the first half backwards', () => {
  for (const directions of [2, 4, 8]) {
    const all = walks('hilbert', directions, 8);
    const half = directions / 2;
    expect(all.slice(half)).toEqual(all.slice(0, half).map((walk) => walk.toReversed()));
  }
});

test('the released eight Hilbert directions are six different ones, true-8 are eight', () => {
  expect(distinct(walks('hilbert', 8, 8, 'released'))).toBe(6);
  expect(distinct(walks('hilbert', 8, 8, 'true-8'))).toBe(8);
});

test('four sweeps read rows and columns, forwards and backwards', () => {
  expect(walks('sweep', 4, 2)).toEqual([
    [0, 1, 2, 3],
    [0, 2, 1, 3],
    [3, 2, 1, 0],
    [3, 1, 2, 0],
  ]);
});

test('a mixture joins its groups, whose numbers replace the directions', () => {
  expect(walks('sweep4+hilbert4', 8, 4)).toEqual([...walks('sweep', 4, 4), ...walks('hilbert', 4, 4)]);
  expect(directionCount('scan2+zorder2+zigzag2+hilbert2', 4)).toBe(8);
});

test.each([
  ['spiral', 4, /unknown scan "spiral": choose one of sweep, scan, zorder, zigzag, hilbert/],
  ['hilbert3', 4, /a scan has 2, 4 or 8 directions, not 3/],
  ['sweep', 5, /a scan has 2, 4 or 8 directions, not 5/],
])('%s with %i directions is refused', (scan, directions, message) => {
  expect(() => visitingOrder(scan, directions, 4)).toThrow(message);
});
