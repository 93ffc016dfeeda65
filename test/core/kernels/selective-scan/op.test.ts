import { beforeAll, describe, expect, test } from 'vitest';
import { selectiveScan } from '../../../../src/core/kernels/selective-scan/op.js';
import {
  type ScanArrays,
  type ScanSizes,
  scanBackward,
  scanForward,
} from '../../../../src/core/kernels/selective-scan/reference.js';
import { tf } from '../../../../src/core/runtime/tf.js';
import { backends, nmse, useBackend } from '../backend.js';
import { runScan, scanCase } from './scan-case.js';

const gradientNames = ['u', 'delta', 'b', 'c', 'a', 'd', 'deltaBias'] as const;

describe.each(backends)('selectiveScan on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  const lengths = [1, 2, 3, 7, 64, 255, 256, 257, 1024, 4096];
  test.each(lengths)('agrees with float64 over %i pixels, forward and backward', (length) => {
    const directions = length > 1000 ? 1 : 3;
    expectAgreement(scanCase({ length, directions, channels: 5, batch: 1 }));
  });

  test.each([
    { channels: 1, states: 1 },
    { channels: 3, states: 5 },
    { channels: 4, states: 16 },
    { channels: 8, states: 16 },
    { channels: 70, states: 16 },
    { channels: 133, states: 8 },
    { channels: 64, states: 17 },
  ])('takes any number of channels and states: %o', (sizes) => {
    expectAgreement(scanCase({ ...sizes, length: 70, batch: 2 }));
  });

  test.each([1, 5, 35, 70])('starts its state afresh every %i steps', (segment) => {
    expectAgreement(scanCase({ length: 70, segment, channels: 9 }));
  });

  test('is the sum of its segments, scanned one by one', () => {
    const whole = scanCase({ length: 24, segment: 8, directions: 1, batch: 1 });
    whole.arrays.order.set(Array.from({ length: 24 }, (_, i) => i));
    const { y } = runScan(whole);
    const cut = (x: Float32Array, i: number) => x.slice((i * x.length) / 3, ((i + 1) * x.length) / 3);
    const parts = [0, 1, 2].map((i) => {
      const { u, delta, b, c } = whole.arrays;
      const pieces = { u: cut(u, i), delta: cut(delta, i), b: cut(b, i), c: cut(c, i) };
      const arrays = { ...whole.arrays, ...pieces, order: whole.arrays.order.slice(0, 8) };
      return runScan({ sizes: { ...whole.sizes, length: 8 }, arrays, dy: cut(whole.dy, i) }).y;
    });
    expect(
      nmse(
        y,
        parts.flatMap((part) => [...part]),
      ),
    ).toBeLessThan(1e-12);
  });

  test('stays exact where exp underflows and where softplus is the identity', () => {
    const extreme = scanCase({ length: 40, channels: 8 });
    extreme.arrays.delta = extreme.arrays.delta.map((x, i) => (i % 3 === 0 ? 30 * x : 8 * x));
    extreme.arrays.a = extreme.arrays.a.map((x) => 20 * x);
    const { y, grads } = runScan(extreme);
    for (const values of [y, ...Object.values(grads)]) expect(values.every(Number.isFinite)).toBe(true);
    expectAgreement(extreme);
  });

  test('leaves no tensor behind, whatever the number of calls', () => {
    const scan = scanCase({});
    runScan(scan);
    const before = tf.memory().numTensors;
    const again = { ...scan, arrays: { ...scan.arrays } };
    runScan(again);
    // one more: the order of the new case, kept for its network
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 1);
  });
});

test('shapes that do not fit are named with what was expected', () => {
  const zeros = (shape: number[]) => tf.zeros(shape);
  const order = { indices: new Int32Array(8), directions: 2, length: 4, segment: 4 };
  const args = {
    u: zeros([1, 4, 3]),
    delta: zeros([1, 4, 2, 3]),
    b: zeros([1, 4, 2, 16]),
    c: zeros([1, 4, 2, 8]),
    a: zeros([2, 3, 16]),
    d: zeros([2, 3]),
    deltaBias: zeros([2, 3]),
  };
  expect(() => selectiveScan({ ...args, order })).toThrow('c is [1,4,2,8], expected [1,4,2,16]');
  const fitting = { ...args, c: zeros([1, 4, 2, 16]) };
  expect(() => selectiveScan({ ...fitting, order: { ...order, segment: 3 } })).toThrow('segment of 3');
  const outside = new Int32Array(8).fill(4, 5);
  expect(() => selectiveScan({ ...fitting, order: { ...order, indices: outside } })).toThrow('index 5');
});

test('the reference gradients agree with finite differences in float64', () => {
  const { sizes, arrays, dy } = scanCase({ length: 6, segment: 3, channels: 2, states: 3, directions: 2 });
  const wide = toFloat64(arrays);
  const loss = (x: ScanArrays<Float64Array>) =>
    scanForward(sizes, x).reduce((sum, y, i) => sum + y * dy[i]!, 0);
  const grads = scanBackward(sizes, wide, Float64Array.from(dy));
  for (const name of gradientNames) {
    const numeric = wide[name].map((x, i) => {
      const at = (value: number) => loss({ ...wide, [name]: wide[name].with(i, value) });
      return (at(x + 1e-5) - at(x - 1e-5)) / 2e-5;
    });
    expect(nmse(grads[name], numeric), name).toBeLessThan(1e-14);
  }
});

function expectAgreement(scan: ReturnType<typeof scanCase>): void {
  const wide = toFloat64(scan.arrays);
  const { y, grads } = runScan(scan);
  expect(nmse(y, scanForward(scan.sizes, wide)), 'y').toBeLessThan(1e-9);
  const truth = scanBackward(scan.sizes as ScanSizes, wide, Float64Array.from(scan.dy));
  for (const name of gradientNames) expect(nmse(grads[name], truth[name]), name).toBeLessThan(1e-8);
}

function toFloat64(arrays: ScanArrays<Float32Array>): ScanArrays<Float64Array> {
  const { order, ...rest } = arrays;
  const wide = Object.entries(rest).map(([name, values]) => [name, Float64Array.from(values)]);
  return { ...(Object.fromEntries(wide) as Omit<ScanArrays<Float64Array>, 'order'>), order };
}
