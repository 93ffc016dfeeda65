import { expect, test } from 'vitest';
import { visitingOrder } from '../../../src/core/scan/directions.js';
import { pyramidOrder } from '../../../src/core/scan/pyramid.js';

test('uncut, it is the order of the patch itself', () => {
  const whole = visitingOrder('sweep', 4, 8);
  expect(pyramidOrder(whole, 1)).toEqual(whole);
});

test('quadrants are walked one after the other, each with a state of its own', () => {
  const { indices, segment, length, directions } = pyramidOrder(visitingOrder('sweep', 2, 2), 2);
  expect({ segment, length, directions }).toEqual({ segment: 4, length: 16, directions: 2 });
  expect(Array.from(indices)).toEqual([
    ...[0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15],
    ...[5, 4, 1, 0, 7, 6, 3, 2, 13, 12, 9, 8, 15, 14, 11, 10],
  ]);
});

test.each([1, 2, 4])('%i × as many cuts leave no pixel out, in any direction', (cuts) => {
  const { indices, length } = pyramidOrder(visitingOrder('hilbert', 8, 4), cuts);
  for (let k = 0; k < 8; k++)
    expect(new Set(indices.subarray(k * length, (k + 1) * length)).size).toBe(length);
});
