import { expect, test } from 'vitest';
import { firstFew } from '../../src/core/first-few.js';

test.each([
  [[], 2, ''],
  [['a'], 2, 'a'],
  [['a', 'b'], 2, 'a, b'],
  [['a', 'b', 'c', 'd'], 2, 'a, b and 2 more'],
])('of %j the first %i are named and the others counted: "%s"', (names, most, line) => {
  expect(firstFew(names, most)).toBe(line);
});
