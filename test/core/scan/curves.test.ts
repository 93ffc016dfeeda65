import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/core/errors.js';
import { curve, type ScanType, scanTypes } from '../../../src/core/scan/curves.js';

const needsPowerOfTwo = new Set<ScanType>(['hilbert', 'zorder']);
const sides = (type: ScanType) =>
  needsPowerOfTwo.has(type) ? fc.constantFrom(1, 2, 4, 8, 16, 32, 64) : fc.integer({ min: 1, max: 40 });
/** Rows and columns between pixels visited one after the other. */
const strides = (walk: Int32Array, n: number) =>
  Array.from(walk.subarray(1), (pixel, t) => [
    Math.abs(Math.floor(pixel / n) - Math.floor(walk[t]! / n)),
    Math.abs((pixel % n) - (walk[t]! % n)),
  ]);

test.each(scanTypes)('a %s walk visits every pixel once', (type) => {
  fc.assert(
    fc.property(sides(type), (n) => {
      expect(Array.from(curve(type, n)).sort((a, b) => a - b)).toEqual(
        Array.from({ length: n * n }, (_, i) => i),
      );
    }),
  );
});

test.each(['hilbert', 'scan'] as const)('a %s walk goes from neighbour to neighbour', (type) => {
  for (const [rows, columns] of strides(curve(type, 16), 16)) expect(rows! + columns!).toBe(1);
});

test('a zigzag walk never leaves a pixel further than to one that touches it', () => {
  for (const stride of strides(curve('zigzag', 9), 9)) expect(Math.max(...stride)).toBe(1);
});

describe('the walks over small maps are those of the paper:', () => {
  test.each([
    ['sweep', 2, [0, 1, 2, 3]],
    ['scan', 3, [0, 1, 2, 5, 4, 3, 6, 7, 8]],
    ['zorder', 4, [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15]],
    ['zigzag', 3, [0, 1, 3, 6, 4, 2, 5, 7, 8]],
    ['hilbert', 2, [0, 2, 3, 1]],
  ] as const)('%s', (type, n, walk) => {
    expect(Array.from(curve(type, n))).toEqual(walk);
  });
});

test.each(['hilbert', 'zorder'] as const)(
  'a %s walk over a side of 12 is refused with what to do',
  (type) => {
    expect(() => curve(type, 12)).toThrow(ConfigError);
    expect(() => curve(type, 12)).toThrow(/power of two, this one is 12: choose another scan or input size/);
  },
);
