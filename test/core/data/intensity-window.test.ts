import { describe, expect, test } from 'vitest';
import { throughWindow, windowOf } from '../../../src/core/data/intensity-window.js';

/** How often each value occurs. */
function counts(values: Iterable<number>): Float64Array {
  const out = new Float64Array(65536);
  for (const value of values) out[value]!++;
  return out;
}
const range = function* (low: number, high: number, times = 1) {
  for (let i = 0; i < times; i++) for (let v = low; v <= high; v++) yield v;
};

describe('the window of 16-bit images', () => {
  test.each([
    ['8', 200, 255],
    ['10', 900, 1023],
    ['12', 2000, 4095],
    ['12', 4095, 4095],
    ['14', 9000, 16383],
    ['16', 40_000, 65535],
  ])('of %s bits, the highest value being %i, is 0 to %i', (_, highest, top) => {
    expect(windowOf(counts(range(10, highest))).window).toEqual([0, top]);
  });

  test('of a narrow band is the band with room on both sides, the same for a band that is a little wider', () => {
    const { window } = windowOf(counts(range(29_000, 31_000)));
    expect(window).toEqual([28_672, 31_487]);
    expect(windowOf(counts(range(28_990, 31_020))).window).toEqual(window);
  });

  test('is not decided by dead and glaring pixels, which it names', () => {
    const found = windowOf(counts([...range(20, 200, 100), 4000, 4001, 65_000]));
    expect(found).toMatchObject({ window: [0, 255], values: [20, 200] });
    expect(found.outside).toBeGreaterThan(0);
    expect(windowOf(counts([...range(29_000, 31_000, 5), 3, 64_000])).window).toEqual([28_672, 31_487]);
  });

  test('is not decided by 0 and 65535, which mark pixels that were not measured', () => {
    const marks = Array.from({ length: 9000 }, (_, i) => (i % 2 ? 65535 : 0));
    expect(windowOf(counts([...range(100, 4000), ...marks])).window).toEqual([0, 4095]);
    expect(windowOf(counts(marks)).window).toEqual([0, 65535]);
    expect(windowOf(counts([0, 0])).window).toEqual([0, 255]);
  });

  test('of a single value still has 256', () => {
    const [lowest, highest] = windowOf(counts([30_000, 30_000])).window;
    expect(highest - lowest).toBeGreaterThanOrEqual(255);
    expect(lowest).toBeLessThanOrEqual(30_000);
    expect(highest).toBeGreaterThanOrEqual(30_000);
  });
});

test('values go through a window linearly and are clipped outside', () => {
  const values = Uint16Array.of(0, 255, 256, 4095, 4096, 65535);
  expect([...throughWindow(values, [0, 65535])]).toEqual([0, 0, 1, 15, 16, 255]);
  expect([...throughWindow(values, [0, 4095])]).toEqual([0, 15, 16, 255, 255, 255]);
  expect([...throughWindow(values, [256, 511])]).toEqual([0, 0, 0, 255, 255, 255]);
});
