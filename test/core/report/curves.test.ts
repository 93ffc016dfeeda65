import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutCurve, downsampleCurve, meanCurve } from '../../../src/core/report/curves.js';

test('a curve with few points is returned as it is', () => {
  const curve: [number, number][] = [
    [0, 0],
    [0, 1],
    [1, 1],
  ];
  expect(downsampleCurve(curve, 200)).toEqual(curve);
});

test('a long staircase keeps its corners first', () => {
  const curve = [...Array(500)].map((_, k): [number, number] => [0, k / 500]);
  curve.push(...[...Array(501)].map((_, k): [number, number] => [k / 500, 1]));
  expect(downsampleCurve(curve, 3)).toEqual([
    [0, 0],
    [0, 1],
    [1, 1],
  ]);
});

test('200 points of a smooth curve of 20,000 stay within a ten-thousandth of it', () => {
  const of = (x: number) => 1 - (1 - x) ** 8;
  const curve = [...Array(20_001)].map((_, k): [number, number] => [k / 20_000, of(k / 20_000)]);
  const thin = downsampleCurve(curve);
  expect(thin.length).toBeLessThanOrEqual(200);
  const error = curve.map(([x, y]) => Math.abs(y - meanCurve([thin], x || 1, 2)[x ? 1 : 0]![1]));
  expect(Math.max(...error)).toBeLessThan(1e-4);
});

test('whatever the curve, the points kept are its own, in order, ends included', () => {
  const point = fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  );
  fc.assert(
    fc.property(
      fc.array(point, { minLength: 2, maxLength: 60 }),
      fc.integer({ min: 2, max: 20 }),
      (curve, limit) => {
        const thin = downsampleCurve(curve, limit);
        expect(thin.length).toBeLessThanOrEqual(Math.max(2, limit));
        expect([thin[0], thin.at(-1)]).toEqual([curve[0], curve.at(-1)]);
        let from = 0;
        for (const [x, y] of thin) {
          const found = curve.findIndex((p, k) => k >= from && p[0] === x && p[1] === y);
          expect(found).toBeGreaterThanOrEqual(0);
          from = found + 1;
        }
      },
    ),
  );
});

test('the mean of curves averages their heights, on a step the upper one', () => {
  const step: [number, number][] = [
    [0, 0],
    [0.5, 0],
    [0.5, 1],
    [1, 1],
  ];
  const line: [number, number][] = [
    [0, 0],
    [1, 1],
  ];
  expect(meanCurve([step, line], 1, 5)).toEqual([
    [0, 0],
    [0.25, 0.125],
    [0.5, 0.75],
    [0.75, 0.875],
    [1, 1],
  ]);
});

test('a cut curve ends exactly at the limit', () => {
  const line: [number, number][] = [
    [0, 0],
    [1, 0.5],
  ];
  expect(cutCurve(line, 0.3)).toEqual([
    [0, 0],
    [0.3, 0.15],
  ]);
  expect(cutCurve(line, 1)).toEqual(line);
});
