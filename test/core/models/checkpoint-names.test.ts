import { expect, test } from 'vitest';
import { canonicalNames } from '../../../src/core/models/mambaad/checkpoint-names.js';

const names = (...list: string[]) =>
  [...canonicalNames(new Map(list.map((name) => [`b.${name}.0.weight`, 0]))).keys()].map(
    (name) => name.split('.')[1],
  );

test('ADer’s kernel-7 branch gets its name, and its dead kernel-3 branch goes', () => {
  expect(names('conv1b3', 'conv33', 'conv77', 'conv1a3')).toEqual(['conv1b7', 'conv77', 'conv1a7']);
});

test('a kernel-3 branch that is alive stays', () => {
  const all = ['conv1b3', 'conv33', 'conv1a3', 'conv1b7', 'conv77', 'conv1a7'];
  expect(names(...all)).toEqual(all);
  expect(names('conv33', 'conv77')).toEqual(['conv33', 'conv77']);
});
