import { expect, test } from 'vitest';
import { semiOrthogonal } from '../../../../src/core/models/encoders/projection.js';
import { createRandom } from '../../../../src/core/nn/random.js';

test('the projection has orthonormal columns and depends on nothing but its seed', () => {
  const matrix = semiOrthogonal(96, 40, createRandom(5));
  const column = (i: number) => Array.from({ length: 96 }, (_, row) => matrix[row * 40 + i]!);
  for (let i = 0; i < 40; i++) {
    for (let j = 0; j <= i; j++) {
      const product = column(i).reduce((sum, v, row) => sum + v * column(j)[row]!, 0);
      expect(product).toBeCloseTo(i === j ? 1 : 0, 6);
    }
  }
  expect(semiOrthogonal(96, 40, createRandom(5))).toEqual(matrix);
  expect(semiOrthogonal(96, 40, createRandom(6))).not.toEqual(matrix);
});
