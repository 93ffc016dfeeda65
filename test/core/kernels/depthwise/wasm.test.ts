import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../../src/core/nn/random.js';
import { openEngine } from '../../../../src/core/runtime/engine.js';
import { tf } from '../../../../src/core/runtime/tf.js';

const cases = [
  { map: [2, 9, 7, 20], side: 3, stride: 1 },
  { map: [2, 8, 8, 16], side: 5, stride: 1 },
  { map: [1, 6, 11, 5], side: 7, stride: 1 },
  { map: [2, 9, 8, 35], side: 5, stride: 2 },
  { map: [1, 1, 1, 4], side: 3, stride: 1 },
] as const;

function noise(size: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: size }, () => random.normal());
}

async function run(
  engine: 'cpu' | 'wasm',
  { map, side, stride }: (typeof cases)[number],
): Promise<Float32Array[]> {
  await openEngine(engine);
  const channels = map[3];
  const x = tf.tensor4d(noise(map[0] * map[1] * map[2] * channels, 1), [...map]);
  const filter = tf.tensor4d(noise(side * side * channels, 2), [side, side, channels, 1]);
  const forward = () =>
    tf.depthwiseConv2d(
      x,
      filter,
      stride,
      stride === 1 ? 'same' : (side - 1) / 2,
      'NHWC',
      1,
      stride === 1 ? undefined : 'floor',
    );
  const shape = forward().shape;
  const dy = tf.tensor(
    noise(
      shape.reduce((a, b) => a * b),
      3,
    ),
    shape,
  );
  const { value, grads } = tf.engine().gradients(forward, [x, filter], dy);
  return [value, ...grads].map((tensor) => tensor.dataSync().slice() as Float32Array);
}

describe.each(cases)('depth-wise $side×$side, stride $stride, on [$map]', (shape) => {
  test('the wasm kernels agree with the cpu backend, forward and both gradients', async () => {
    const [expected, actual] = [await run('cpu', shape), await run('wasm', shape)];
    actual.forEach((values, i) => {
      const error = values.reduce((sum, value, j) => sum + (value - expected[i]![j]!) ** 2, 0);
      const energy = expected[i]!.reduce((sum, value) => sum + value ** 2, 0);
      expect(error / energy).toBeLessThan(1e-11);
    });
  });
});
