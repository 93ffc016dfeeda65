import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TfOps } from '../../../src/core/ops/tf-ops.js';
import { type Engine, type EngineName, openEngine } from '../../../src/core/runtime/engine.js';
import { findBinding } from '../../../src/core/runtime/tensorflow-binding.js';
import { tf } from '../../../src/core/runtime/tf.js';
import { useSoftwareGpu } from '../../software-gpu.js';
import { nmse, noise } from '../kernels/backend.js';

/** Strided and padded as in the stem of a residual network, where engines differ most; values and gradients. */
function stem(): Float32Array[] {
  return tf.tidy(() => {
    const ops = new TfOps();
    const image = tf.tensor(noise(2 * 11 * 9 * 3, 1), [2, 11, 9, 3]);
    const kernel = tf.tensor(noise(7 * 7 * 3 * 4, 2), [7, 7, 3, 4]);
    const local = tf.tensor(noise(3 * 3 * 4, 3), [3, 3, 4, 1]);
    const network = (x: typeof image, w: typeof image, v: typeof image) => {
      const y = ops.conv2d(x, w, { stride: 2, pad: 3 });
      return ops.depthwise(ops.maxPool(y, { size: 3, stride: 2, pad: 1 }), v, { stride: 1 });
    };
    const y = network(image, kernel, local);
    const upstream = tf.tensor(noise(y.size, 4), y.shape);
    const gradients = tf.grads(network as (...x: (typeof image)[]) => typeof image)(
      [image, kernel, local],
      upstream,
    );
    return [y, ...gradients].map((tensor) => tensor.dataSync() as Float32Array);
  });
}

const noBinding = findBinding();
const engines: [EngineName, string | undefined][] = [
  ['webgpu', useSoftwareGpu()],
  ['tensorflow', typeof noBinding === 'string' ? noBinding : undefined],
];

describe.each(engines)('%s', (name, unavailable) => {
  let engine: Engine;
  let expected: Float32Array[];
  beforeAll(async () => {
    if (unavailable) return console.warn(`${name} is not tested: ${unavailable}`);
    await openEngine('cpu');
    expected = stem();
    engine = await openEngine(name);
  });
  afterAll(() => engine?.close());

  test.skipIf(unavailable)('pads convolutions and pools as the plain engine does, gradients included', () => {
    const computed = stem();
    expect(computed).toHaveLength(4);
    for (const [i, values] of computed.entries()) expect(nmse(values, expected[i]!)).toBeLessThan(1e-10);
  });
});
