import { beforeAll, describe, expect, test } from 'vitest';
import { tf } from '../../../../src/core/runtime/tf.js';
import { noise, useBackend } from '../backend.js';

const shape = [2, 3, 5, 13];
const size = 2 * 3 * 5 * 13;

/** What an operation gives on both backends. */
async function onBoth(run: () => { shape: number[]; values: number[] }[]) {
  await useBackend('cpu');
  const cpu = tf.tidy(() => run() as never);
  await useBackend('wasm');
  return [cpu, tf.tidy(() => run() as never)];
}

const read = (tensor: { shape: number[]; dataSync(): ArrayLike<number> }) => ({
  shape: tensor.shape,
  values: Array.from(tensor.dataSync()),
});

describe('moving values about on wasm', () => {
  beforeAll(() => useBackend('wasm'));

  test.each([
    [0, [1, 1]],
    [1, [2, 1]],
    [2, [1, 3, 1]],
    [3, [4, 8, 1]],
    [-1, [7, 6]],
    [3, 13],
  ])('split along axis %i into %o, and its gradient, do as on cpu', async (axis, sizes) => {
    const [cpu, wasm] = await onBoth(() => {
      const x = tf.tensor(noise(size, 1), shape);
      const weighted = (input: typeof x) =>
        tf.addN(tf.split(input, sizes, axis).map((part, i) => part.mul(i + 1).sum()));
      return [...tf.split(x, sizes, axis), tf.grad(weighted)(x)].map(read);
    });
    expect(wasm).toEqual(cpu);
  });

  test.each([0, 1, 2, 3])('concat along axis %i and its gradient do as on cpu', async (axis) => {
    const [cpu, wasm] = await onBoth(() => {
      const parts = [1, 2, 3].map((side, i) => {
        const own = shape.with(axis, side);
        return tf.tensor(noise(tf.util.sizeFromShape(own), i), own);
      });
      const joined = tf.concat(parts, axis);
      const weights = tf.tensor(noise(joined.size, 9), joined.shape);
      const grads = tf.grads((...xs) => tf.concat(xs, axis).mul(weights))(parts);
      return [joined, ...grads].map(read);
    });
    expect(wasm).toEqual(cpu);
  });

  test.each([
    { begin: [0, 0, 0, 5], sizes: [2, 3, 5, 4] },
    { begin: [0, 1, 0, 0], sizes: [-1, 2, -1, -1] },
    { begin: [1, 1, 0, 5], sizes: [1, 2, 5, 4] },
    { begin: [0, 0, 0, 0], sizes: [2, 3, 5, 13] },
  ])('slice %o does as on cpu', async ({ begin, sizes }) => {
    const [cpu, wasm] = await onBoth(() => [read(tf.slice(tf.tensor(noise(size, 1), shape), begin, sizes))]);
    expect(wasm).toEqual(cpu);
  });

  test('slices of a few integers and empty parts still work', async () => {
    const [cpu, wasm] = await onBoth(() => [
      read(tf.slice(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], 'int32'), [0, 1], [2, 2])),
      read(
        tf.concat(
          [tf.zeros([2, 0]), tf.ones([2, 1]), tf.tensor2d([1, 2], [2, 1], 'int32').cast('float32')],
          1,
        ),
      ),
      ...tf.split(tf.ones([2, 3]), [0, 3], 1).map(read),
    ]);
    expect(wasm).toEqual(cpu);
  });

  test('a clone outlives its original, and all memory is given back', () => {
    const before = tf.memory();
    const x = tf.tensor1d(noise(100, 1));
    const values = [...x.dataSync()];
    const clone = x.clone();
    const cast = tf.cast(x, 'float32');
    x.dispose();
    expect([...clone.dataSync()]).toEqual(values);
    clone.dispose();
    expect([...cast.dataSync()]).toEqual(values);
    cast.dispose();
    expect(tf.memory()).toMatchObject({
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
    });
  });

  test('a cast to another type still converts', () => {
    expect([...tf.cast(tf.tensor1d([1.7, -2.2]), 'int32').dataSync()]).toEqual([1, -2]);
  });
});
