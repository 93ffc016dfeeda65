import type { Tensor } from '@tensorflow/tfjs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type ScanSizes,
  scanBackward,
  scanForward,
} from '../../../../src/core/kernels/selective-scan/reference.js';
import { deviceLimits, registerWebgpuScan } from '../../../../src/core/kernels/selective-scan/webgpu.js';
import { type Engine, openEngine } from '../../../../src/core/runtime/engine.js';
import { tf } from '../../../../src/core/runtime/tf.js';
import { useSoftwareGpu } from '../../../software-gpu.js';
import { nmse } from '../backend.js';
import { type ScanCase, scanCase } from './scan-case.js';

const names = ['u', 'delta', 'b', 'c', 'a', 'd', 'deltaBias'] as const;

const unavailable = useSoftwareGpu();
if (unavailable) console.warn(`the scan on WebGPU is not tested: ${unavailable}`);

describe.skipIf(unavailable)('the scan on WebGPU', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine('webgpu');
  });
  beforeEach(() => registerWebgpuScan());
  afterAll(() => engine?.close());

  const shapes: [what: string, sizes: ScanSizes][] = [
    ['one step', { batch: 1, length: 1, channels: 1, states: 1, directions: 1, segment: 1 }],
    ['one chunk', { batch: 2, length: 9, channels: 6, states: 16, directions: 2, segment: 9 }],
    [
      'states that fill no vector',
      { batch: 1, length: 20, channels: 4, states: 3, directions: 3, segment: 20 },
    ],
    [
      'chunks that hand their state on',
      { batch: 2, length: 100, channels: 8, states: 16, directions: 4, segment: 100 },
    ],
    ['a short last chunk', { batch: 1, length: 257, channels: 5, states: 8, directions: 1, segment: 257 }],
    [
      'segments within a chunk',
      { batch: 1, length: 64, channels: 12, states: 16, directions: 2, segment: 4 },
    ],
    [
      'segments across chunks',
      { batch: 1, length: 180, channels: 3, states: 16, directions: 2, segment: 45 },
    ],
    [
      'several tiles of channels',
      { batch: 1, length: 40, channels: 200, states: 16, directions: 2, segment: 40 },
    ],
    [
      'eight directions of a 32² map',
      { batch: 1, length: 1024, channels: 8, states: 16, directions: 8, segment: 1024 },
    ],
  ];

  test.each(shapes)('%s: output and gradients are those of the reference', async (_, sizes) => {
    await expectReference(scanCase(sizes));
  });

  const long: ScanSizes = { batch: 2, length: 150, channels: 5, states: 16, directions: 2, segment: 150 };

  test('a device that few threads fill gets long chunks, with the same results', async () => {
    registerWebgpuScan((backend) => ({ ...deviceLimits(backend), busyThreads: 1 }));
    await expectReference(scanCase(long));
    await expectReference(scanCase({ ...long, segment: 75 }));
  });

  test('a device without subgroups sums through workgroup memory, with the same results', async () => {
    registerWebgpuScan((backend) => ({ ...deviceLimits(backend), subgroupSize: 1 }));
    await expectReference(scanCase(long));
  });

  test('neither tensors nor device memory are left behind', async () => {
    await run(scanCase(long));
    const before = tf.memory() as unknown as { numTensors: number; numBytesInGPU: number };
    await run(scanCase(long));
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytesInGPU: before.numBytesInGPU });
  });
});

async function expectReference(one: ScanCase): Promise<void> {
  const { y, gradients } = await run(one);
  const float64 = Object.fromEntries(
    Object.entries(one.arrays).map(([name, x]) => [name, name === 'order' ? x : Float64Array.from(x)]),
  ) as unknown as Parameters<typeof scanForward<Float64Array>>[1];
  expect(nmse(y, scanForward(one.sizes, float64))).toBeLessThan(1e-7);
  const expected = scanBackward(one.sizes, float64, Float64Array.from(one.dy));
  for (const [i, name] of names.entries()) {
    expect(nmse(gradients[i]!, expected[name]), `gradient of ${name}`).toBeLessThan(1e-5);
  }
}

/** Reads asynchronously, as WebGPU demands. */
async function run({ sizes, arrays, dy }: ScanCase) {
  const { batch: B, length: L, channels: D, states: N, directions: K, segment } = sizes;
  const shapes = [
    [B, L, D],
    [B, L, K, D],
    [B, L, K, N],
    [B, L, K, N],
    [K, D, N],
    [K, D],
    [K, D],
  ];
  const tensors = names.map((name, i) => tf.tensor(arrays[name], shapes[i]!));
  const order = tf.tensor(arrays.order, [K, L], 'int32');
  const inputs = { ...Object.fromEntries(names.map((name, i) => [name, tensors[i]!])), order };
  const y = tf.engine().runKernel('SelectiveScan', inputs, { segment, training: true }) as Tensor;
  const upstream = tf.tensor(dy, y.shape);
  const all = { ...inputs, dy: upstream };
  const gradients = tf.engine().runKernel('SelectiveScanGrad', all, { segment }) as Tensor[];
  const [values, ...rest] = await Promise.all([y, ...gradients].map((tensor) => tensor.data()));
  tf.dispose([...tensors, order, y, upstream, ...gradients]);
  return { y: values!, gradients: rest };
}
