import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { connectedComponents } from '../../../src/core/anomaly/components.js';
import { histogramMetrics } from '../../../src/core/metrics/histogram-metrics.js';
import { PixelCollector } from '../../../src/core/metrics/pixels.js';
import { aderAupro, exactAupro, rankedAupro } from '../../../src/core/metrics/pro.js';
import { createRandom } from '../../../src/core/nn/random.js';
import { collect } from './fixture-pixels.js';

interface Picture {
  map: Float32Array;
  mask: Uint8Array;
}

function picture(map: number[], mask: number[]): Picture {
  return { map: Float32Array.from(map), mask: Uint8Array.from(mask) };
}

/** AU-PRO as its definition reads: a point for every distinct score, joined by straight lines, cut at the limit. */
function byDefinition(images: readonly Picture[], side: number, limit: number): number {
  const labelled = images.map(({ map, mask }) => ({ map, ...connectedComponents(mask, side, side) }));
  const thresholds = [...new Set(labelled.flatMap(({ map }) => [...map]))].sort((a, b) => b - a);
  const normals = labelled.flatMap(({ map, labels }) => [...map].filter((_, i) => labels[i] === 0));
  const regions = labelled.flatMap(({ map, labels, count }) =>
    Array.from({ length: count }, (_, r) => [...map].filter((_, i) => labels[i] === r + 1)),
  );
  const share = (scores: number[], t: number) => scores.filter((score) => score >= t).length / scores.length;
  const points = thresholds.map((t) => {
    const overlap = regions.reduce((sum, region) => sum + share(region, t), 0) / regions.length;
    return [share(normals, t), overlap] as const;
  });
  let [area, x, y] = [0, 0, 0];
  for (const [nextX, nextY] of points) {
    if (nextX > limit) {
      const cutY = y + ((nextY - y) * (limit - x)) / (nextX - x);
      return (area + ((limit - x) * (y + cutY)) / 2) / limit;
    }
    area += ((nextX - x) * (y + nextY)) / 2;
    [x, y] = [nextX, nextY];
  }
  return area / limit;
}

describe('AU-PRO', () => {
  test('of a map that marks exactly the one region is 1', () => {
    const pixels = collect({ side: 2, images: [picture([9, 1, 2, 3], [1, 0, 0, 0])] });
    expect(exactAupro(pixels)).toBeCloseTo(1, 14);
    expect(rankedAupro(pixels)).toBeCloseTo(1, 14);
  });

  test('of perfect maps is exactly 1, whatever the areas of the regions and the number of good pixels', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 13 }), fc.integer({ min: 1, max: 13 })), {
          minLength: 1,
          maxLength: 9,
        }),
        fc.integer(),
        (sizes, seed) => {
          const random = createRandom(seed);
          const images = sizes.map(([width, height]) => {
            const mask = Array.from({ length: 15 * 15 }, (_, i) =>
              Number(i % 15 < width && Math.floor(i / 15) < height),
            );
            return picture(
              mask.map((marked) => marked + 0.9 * random.uniform()),
              mask,
            );
          });
          const pixels = collect({ side: 15, images });
          expect([exactAupro(pixels), rankedAupro(pixels), aderAupro(pixels)]).toEqual([1, 1, 1]);
          const { auroc, ap, aupro } = histogramMetrics(pixels);
          for (const value of [auroc, ap, aupro]) expect(value).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('of a map that marks the region last is 0', () => {
    const pixels = collect({ side: 2, images: [picture([0, 1, 2, 3], [1, 0, 0, 0])] });
    expect(exactAupro(pixels)).toBe(0);
  });

  test('of a constant map is the diagonal: half the limit', () => {
    const pixels = collect({ side: 2, images: [picture([1, 1, 1, 1], [1, 0, 0, 0])] });
    expect(exactAupro(pixels)).toBeCloseTo(0.15, 14);
    expect(exactAupro(pixels, 1)).toBeCloseTo(0.5, 14);
    expect(aderAupro(pixels)).toBeNull();
  });

  test('whose false-positive rate jumps over the limit at once is interpolated', () => {
    // Region found first (FPR 0, PRO 1), then all normals at one score: FPR leaps from 0 to 1.
    const pixels = collect({ side: 2, images: [picture([9, 1, 1, 1], [1, 0, 0, 0])] });
    expect(exactAupro(pixels)).toBeCloseTo(1, 14);
    // Half the region first, the rest tied with all normals: PRO climbs 0.5 … 1 over FPR 0 … 1.
    const tied = collect({ side: 2, images: [picture([9, 1, 1, 1], [1, 1, 0, 0])] });
    expect(exactAupro(tied)).toBeCloseTo((0.5 + 0.65) / 2, 14);
  });

  test('weighs a small region as much as a large one', () => {
    const map = [9, 9, 9, 9, 9, 9, 5, 5, 5, 5, 5, 5, 0, 5, 5, 1];
    const mask = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    const pixels = collect({ side: 4, images: [picture(map, mask)] });
    expect(pixels.regions).toBe(2);
    expect(exactAupro(pixels)).toBeCloseTo(0.5, 14);
  });

  test('is undefined without anomalies and without normal pixels', () => {
    const normal = collect({ side: 2, images: [picture([1, 2, 3, 4], [0, 0, 0, 0])] });
    const full = collect({ side: 2, images: [picture([1, 2, 3, 4], [1, 1, 1, 1])] });
    for (const pixels of [normal, full, new PixelCollector().finish()]) {
      expect([exactAupro(pixels), aderAupro(pixels), rankedAupro(pixels)]).toEqual([null, null, null]);
    }
  });

  test('equals its definition on small maps full of ties, and does not depend on the order of images', () => {
    const side = 4;
    const cells = { minLength: side * side, maxLength: side * side };
    const image = fc.record({
      map: fc.array(fc.integer({ min: -3, max: 3 }), cells),
      mask: fc.array(fc.integer({ min: 0, max: 1 }), cells),
    });
    fc.assert(
      fc.property(
        fc.array(image, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(0.05, 0.3, 1),
        (raw, limit) => {
          const images = raw.map(({ map, mask }) => picture(map, mask));
          const value = exactAupro(collect({ side, images }), limit);
          fc.pre(value !== null);
          expect(value).toBeCloseTo(byDefinition(images, side, limit), 12);
          expect(exactAupro(collect({ side, images: images.reverse() }), limit)).toBeCloseTo(value!, 12);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('lies in 0…1 on ten thousand random maps, by every protocol that divides by the limit', () => {
    const random = createRandom(11);
    const outside: number[] = [];
    for (let run = 0; run < 10_000; run++) {
      const map = Array.from({ length: 36 }, () => random.integer(8) / 8);
      const mask = map.map((value) => (random.uniform() < 0.2 + 0.3 * value ? 1 : 0));
      const pixels = collect({ side: 6, images: [picture(map, mask)] });
      const values = [exactAupro(pixels), rankedAupro(pixels), aderAupro(pixels)];
      outside.push(
        ...values.filter((value) => value !== null && !(value >= 0 && value <= 1 + 1e-12)).map(Number),
      );
    }
    expect(outside).toEqual([]);
  });

  test('by rank-equidistant thresholds comes close to the exact value on smooth scores', () => {
    const random = createRandom(2);
    const images = Array.from({ length: 8 }, () => {
      const mask = Array.from({ length: 1024 }, (_, i) => (i % 32 > 24 && i < 400 ? 1 : 0));
      return picture(
        mask.map((value) => random.normal() + 2 * value),
        mask,
      );
    });
    const pixels = collect({ side: 32, images });
    expect(Math.abs(rankedAupro(pixels)! - exactAupro(pixels)!)).toBeLessThan(5e-3);
  });
});
