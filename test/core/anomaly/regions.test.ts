import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { connectedComponents } from '../../../src/core/anomaly/components.js';
import { segmentMap } from '../../../src/core/anomaly/regions.js';

/** Components by repeated flooding, the slow and obvious way: for each pixel the first pixel it is connected to. */
function floodedRoots(mask: Uint8Array, width: number, height: number): number[] {
  const roots = new Array<number>(mask.length).fill(-1);
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || roots[start] !== -1) continue;
    const queue = [start];
    roots[start] = start;
    for (const at of queue) {
      for (const [dx, dy] of [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dx, dy] as const))) {
        const [x, y] = [(at % width) + dx, Math.floor(at / width) + dy];
        const next = y * width + x;
        if (x < 0 || x >= width || y < 0 || y >= height) continue;
        if (mask[next] === 0 || roots[next] !== -1) continue;
        roots[next] = start;
        queue.push(next);
      }
    }
  }
  return roots;
}

const binaryMaps = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([width, height]) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      mask: fc.uint8Array({ min: 0, max: 1, minLength: width * height, maxLength: width * height }),
    }),
  );

describe('connected components', () => {
  test('are those that flooding finds, numbered in reading order', () => {
    fc.assert(
      fc.property(binaryMaps, ({ mask, width, height }) => {
        const { labels, areas, count } = connectedComponents(mask, width, height);
        const roots = floodedRoots(mask, width, height);
        const order = [...new Set(roots.filter((root) => root >= 0))];
        expect([...labels]).toEqual(roots.map((root) => order.indexOf(root) + 1));
        expect(count).toBe(order.length);
        expect([...areas]).toEqual(order.map((root) => roots.filter((other) => other === root).length));
      }),
      { numRuns: 500 },
    );
  });

  test('of a spiral, whose arms meet only at the end, are one', () => {
    const rows = ['#######', '......#', '#####.#', '#...#.#', '#.###.#', '#.....#', '#######'];
    const mask = Uint8Array.from(rows.join(''), (cell) => (cell === '#' ? 1 : 0));
    expect(connectedComponents(mask, 7, 7).count).toBe(1);
  });
});

describe('regions of a map', () => {
  const map = Float32Array.from(
    [
      [0.9, 0.1, 0.1, 0.1, 0.6],
      [0.1, 0.8, 0.1, 0.1, 0.6],
      [0.1, 0.1, 0.5, 0.1, 0.6],
      [0.1, 0.1, 0.1, 0.1, 0.6],
    ].flat(),
  );

  test('come largest first, with box, peak and centroid; a pixel at the threshold is good', () => {
    const { regions, area, mask } = segmentMap(map, 5, 4, 0.5);
    expect(area).toBe(6);
    expect(regions).toEqual([
      { area: 4, box: [4, 0, 1, 4], peak: Math.fround(0.6), centroid: [4, 1.5] },
      { area: 2, box: [0, 0, 2, 2], peak: Math.fround(0.9), centroid: [0.5, 0.5] },
    ]);
    expect(mask.reduce((sum, value) => sum + value, 0)).toBe(6);
  });

  test('smaller than the least area vanish from the mask too', () => {
    const { regions, area, mask } = segmentMap(map, 5, 4, 0.5, { minArea: 3 });
    expect(regions).toHaveLength(1);
    expect(area).toBe(4);
    expect(mask[0]).toBe(0);
  });

  test('nothing above the threshold gives no regions and an empty mask', () => {
    const { regions, area, mask } = segmentMap(map, 5, 4, 1);
    expect({ regions, area }).toEqual({ regions: [], area: 0 });
    expect(mask.some((value) => value !== 0)).toBe(false);
  });
});
