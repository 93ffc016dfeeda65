import { afterAll, describe, expect, test } from 'vitest';
import { registerComposedScan } from '../../../../src/core/kernels/selective-scan/composed.js';
import { registerReferenceScan } from '../../../../src/core/kernels/selective-scan/host.js';
import { scanBackward, scanForward } from '../../../../src/core/kernels/selective-scan/reference.js';
import {
  registerIslandScan,
  registerTensorflowScan,
} from '../../../../src/core/kernels/selective-scan/tensorflow.js';
import { openEngine } from '../../../../src/core/runtime/engine.js';
import { findBinding } from '../../../../src/core/runtime/tensorflow-binding.js';
import { tf } from '../../../../src/core/runtime/tf.js';
import { nmse, useBackend } from '../backend.js';
import { runScan, scanCase } from './scan-case.js';

const shapes = [
  { length: 1 },
  { length: 37, channels: 7 },
  { length: 64, segment: 16, directions: 4 },
  { length: 256, channels: 8, batch: 1, directions: 1 },
];

function expectReference(sizes: Parameters<typeof scanCase>[0]): void {
  const one = scanCase(sizes);
  const { y, grads } = runScan(one);
  expect(nmse(y, scanForward(one.sizes, one.arrays))).toBeLessThan(1e-7);
  const expected = scanBackward(one.sizes, one.arrays, one.dy);
  for (const [name, gradient] of Object.entries(grads)) {
    expect(nmse(gradient, expected[name as keyof typeof expected]), `gradient of ${name}`).toBeLessThan(1e-5);
  }
}

describe('the WebAssembly scan on memory of its own', () => {
  afterAll(() => registerReferenceScan('cpu'));

  test.each(shapes)('serves a backend that has no WebAssembly memory: %o', async (sizes) => {
    await useBackend('cpu');
    registerIslandScan('cpu');
    expectReference(sizes);
    expectReference(sizes);
  });
});

const binding = findBinding();
const missing = typeof binding === 'string' ? binding : undefined;
if (missing) console.warn(`the TensorFlow engine is not tested: ${missing}`);

describe.skipIf(missing)('the scan on libtensorflow', () => {
  test.each(shapes)('with the kernel this machine gets: %o', async (sizes) => {
    await openEngine('tensorflow');
    registerTensorflowScan();
    expectReference(sizes);
  });

  test.each(shapes)('out of TensorFlow operations, as on CUDA: %o', async (sizes) => {
    await openEngine('tensorflow');
    registerComposedScan('tensorflow', 1 << 14);
    expectReference(sizes);
    expect(tf.getBackend()).toBe('tensorflow');
  });
});
