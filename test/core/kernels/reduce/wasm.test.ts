import { beforeAll, describe, expect, test } from 'vitest';
import { tf } from '../../../../src/core/runtime/tf.js';
import { nmse, noise, useBackend } from '../backend.js';

const shape = [3, 70, 5, 7];
const size = 3 * 70 * 5 * 7;

describe.each(['sum', 'mean'] as const)('%s on wasm', (name) => {
  beforeAll(() => useBackend('wasm'));

  test.each([
    [[0]],
    [[0, 1]],
    [[0, 1, 2]],
    [[3]],
    [[-1]],
    [[2, 3]],
    [[0, 1, 2, 3]],
    [[1, 2]],
    [[2]],
    [[0, 2]],
  ])('over axes %o agrees with float64', (axes) => {
    const values = noise(size, 5);
    for (const keepDims of [false, true]) {
      const got = tf.tidy(() => {
        const y = tf[name](tf.tensor(values, shape), axes, keepDims);
        return { shape: y.shape, values: y.dataSync() };
      });
      const want = float64Reduction(values, axes, name === 'mean');
      expect(got.shape).toEqual(reducedShape(axes, keepDims));
      expect(nmse(got.values, want)).toBeLessThan(1e-11);
    }
  });

  test('over leading axes has the gradient of the composition', () => {
    const dx = tf.tidy(() =>
      tf
        .grad((x) => tf[name](x, [0, 1]))(tf.ones([2, 3, 4]), tf.tensor1d([1, 2, 3, 4]))
        .dataSync(),
    );
    const each = name === 'sum' ? 1 : 1 / 6;
    dx.forEach((slope, i) => {
      expect(slope).toBeCloseTo(each * ((i % 4) + 1), 6);
    });
  });
});

test('a million equal numbers are summed without drift', async () => {
  await useBackend('wasm');
  const x = tf.fill([1024, 1024], 0.1);
  const exact = 2 ** 20 * Math.fround(0.1);
  expect(tf.sum(x).dataSync()[0]! / exact).toBeCloseTo(1, 6);
  // Adding one by one would be off by a hundredth.
  expect(tf.sum(x, 0).sum().dataSync()[0]! / exact).toBeCloseTo(1, 5);
});

test('integers and booleans are still reduced, and the sum of nothing is 0', async () => {
  await useBackend('wasm');
  const integers = tf.tensor2d([1, 2, 3, 4], [2, 2], 'int32');
  expect([...tf.sum(integers, 0).dataSync()]).toEqual([4, 6]);
  expect(tf.sum(tf.tensor1d([true, true, false], 'bool')).dataSync()[0]).toBe(2);
  expect([...tf.sum(tf.zeros([0, 3]), 0).dataSync()]).toEqual([0, 0, 0]);
});

function reducedShape(axes: number[], keepDims: boolean): number[] {
  const reduced = new Set(axes.map((axis) => (axis + 4) % 4));
  return shape.flatMap((side, axis) => (reduced.has(axis) ? (keepDims ? [1] : []) : [side]));
}

function float64Reduction(values: Float32Array, axes: number[], mean: boolean): Float64Array {
  const reduced = new Set(axes.map((axis) => (axis + 4) % 4));
  const kept = shape.map((side, axis) => (reduced.has(axis) ? 1 : side));
  const sums = new Float64Array(kept.reduce((product, side) => product * side, 1));
  values.forEach((value, i) => {
    let rest = i;
    const index = shape.map((_, axis) => {
      const inner = shape.slice(axis + 1).reduce((product, side) => product * side, 1);
      const at = Math.floor(rest / inner);
      rest %= inner;
      return at;
    });
    const to = index.reduce((flat, at, axis) => flat * kept[axis]! + (reduced.has(axis) ? 0 : at), 0);
    sums[to] = sums[to]! + value;
  });
  return mean ? sums.map((sum) => (sum * sums.length) / values.length) : sums;
}
