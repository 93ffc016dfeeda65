import type { Tensor } from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batchNormTraining } from '../../../src/core/kernels/batch-norm/op.js';
import { instanceNorm, instanceNormSilu } from '../../../src/core/kernels/instance-norm-silu/op.js';
import { layerNorm } from '../../../src/core/kernels/layer-norm/op.js';
import { silu, siluGate } from '../../../src/core/kernels/silu/op.js';
import { type Engine, openEngine } from '../../../src/core/runtime/engine.js';
import { tf } from '../../../src/core/runtime/tf.js';
import { useSoftwareGpu } from '../../software-gpu.js';
import { nmse, noise } from './backend.js';

type Operation = (...inputs: Tensor[]) => Tensor;

/** Output and gradients on the current engine, of inputs that are not centred. */
function run(operation: Operation, shapes: readonly number[][]): Float32Array[] {
  return tf.tidy(() => {
    const inputs = shapes.map((shape, i) =>
      tf
        .tensor(noise(tf.util.sizeFromShape(shape), i + 1), shape)
        .mul(3)
        .add(0.5),
    );
    const y = operation(...inputs);
    const dy = tf.tensor(noise(y.size, 99), y.shape);
    return [y, ...tf.grads(operation)(inputs, dy)].map((x) => x.dataSync().slice() as Float32Array);
  });
}

const eps = 1e-5;
const cases: [name: string, operation: Operation, shapes: number[][]][] = [
  ['silu', (x) => silu(x!), [[3, 7, 11]]],
  ['silu far out', (x) => silu(x!.mul(60)), [[40]]],
  [
    'the gate',
    (x, z) => siluGate(x!, z!),
    [
      [5, 100],
      [5, 100],
    ],
  ],
  ['layer norm of few channels', (x, w, b) => layerNorm(x!, w!, b!, eps), [[7, 5], [5], [5]]],
  ['layer norm of many', (x, w, b) => layerNorm(x!, w!, b!, eps), [[2, 3, 200], [200], [200]]],
  ['layer norm of many rows', (x, w, b) => layerNorm(x!, w!, b!, eps), [[2, 50, 43, 3], [3], [3]]],
  ['instance norm', (x) => instanceNorm(x!, eps), [[2, 5, 6, 13]]],
  ['instance norm and silu', (x) => instanceNormSilu(x!, eps), [[3, 4, 4, 8]]],
  ['instance norm and silu of a large map', (x) => instanceNormSilu(x!, eps), [[2, 48, 48, 9]]],
  ['batch norm', (x, w, b) => batchNormTraining(x!, w!, b!, { eps }), [[2, 6, 5, 10], [10], [10]]],
  [
    'batch norm and relu',
    (x, w, b) => batchNormTraining(x!, w!, b!, { eps, relu: true }),
    [[3, 30, 30, 4], [4], [4]],
  ],
];

const unavailable = useSoftwareGpu();
if (unavailable) console.warn(`kernels on WebGPU are not tested: ${unavailable}`);

describe.skipIf(unavailable)('on WebGPU', () => {
  let engine: Engine;
  const expected = new Map<string, Float32Array[]>();
  beforeAll(async () => {
    await openEngine('cpu');
    for (const [name, operation, shapes] of cases) expected.set(name, run(operation, shapes));
    engine = await openEngine('webgpu');
  });
  afterAll(() => engine?.close());

  test.each(cases)('%s: output and gradients agree with the composition', (name, operation, shapes) => {
    const before = tf.memory().numTensors;
    const computed = run(operation, shapes);
    expect(computed).toHaveLength(shapes.length + 1);
    for (const [i, values] of computed.entries()) {
      expect(nmse(values, expected.get(name)![i]!)).toBeLessThan(1e-10);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test('batch norm tells its statistics', () => {
    const x = tf.tensor(noise(60, 1), [5, 4, 3]);
    let seen: ArrayLike<number>[] = [];
    batchNormTraining(x, tf.ones([3]), tf.zeros([3]), {
      eps,
      onStatistics: (mean, variance) => {
        seen = [mean.dataSync(), variance.dataSync()];
      },
    });
    const { mean, variance } = tf.moments(x, [0, 1]);
    expect(nmse(seen[0]!, mean.dataSync())).toBeLessThan(1e-10);
    expect(nmse(seen[1]!, variance.dataSync())).toBeLessThan(1e-10);
  });
});
