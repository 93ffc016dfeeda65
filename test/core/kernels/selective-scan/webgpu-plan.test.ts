import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type GpuLimits,
  planForward,
  planGradient,
} from '../../../../src/core/kernels/selective-scan/webgpu-plan.js';

const limits: GpuLimits = {
  subgroupSize: 32,
  workgroupThreads: 1024,
  workgroupBytes: 49_152,
  busyThreads: 1 << 17,
};
const paper = { batch: 16, length: 4096, channels: 128, states: 16, directions: 8, segment: 4096 };

test('a small batch is cut into more chunks than a large one, so that both fill the device', () => {
  const threads = (batch: number) => {
    const { chunks, tiles, threads: wide } = planForward({ ...paper, batch }, limits);
    return batch * paper.directions * chunks * tiles * wide;
  };
  expect(threads(1)).toBeGreaterThanOrEqual(1 << 17);
  expect(threads(16)).toBeGreaterThanOrEqual(1 << 17);
  expect(planForward({ ...paper, batch: 1 }, limits).chunks).toBeGreaterThan(
    planForward(paper, limits).chunks,
  );
});

test('nothing is carried where segments end with the chunks', () => {
  expect(planForward({ ...paper, segment: 256 }, limits)).toMatchObject({ carried: false, chunk: 512 });
  expect(planForward(paper, limits).carried).toBe(true);
});

test('every plan covers the sequence within the limits of the device', () => {
  const side = fc.integer({ min: 1, max: 300 });
  const sizes = fc
    .record({
      batch: fc.integer({ min: 1, max: 64 }),
      perSegment: side,
      segments: fc.integer({ min: 1, max: 9 }),
    })
    .chain(({ batch, perSegment, segments }) =>
      fc.record({
        batch: fc.constant(batch),
        length: fc.constant(perSegment * segments),
        segment: fc.constant(perSegment),
        channels: fc.integer({ min: 1, max: 1024 }),
        states: fc.integer({ min: 1, max: 32 }),
        directions: fc.integer({ min: 1, max: 8 }),
      }),
    );
  const device = fc.record({
    subgroupSize: fc.constantFrom(1, 4, 8, 32, 64),
    workgroupThreads: fc.constantFrom(128, 256, 1024),
    workgroupBytes: fc.constantFrom(16_384, 32_768),
    busyThreads: fc.constantFrom(1, 1 << 12, 1 << 17),
  });
  fc.assert(
    fc.property(sizes, device, (scan, gpu) => {
      for (const plan of [planForward(scan, gpu), planGradient(scan, gpu)]) {
        expect(plan.chunk * plan.chunks).toBeGreaterThanOrEqual(scan.length);
        expect(plan.chunk * (plan.chunks - 1)).toBeLessThan(scan.length);
        expect(plan.threads * plan.tiles).toBeGreaterThanOrEqual(scan.channels);
        expect(plan.threads).toBeLessThanOrEqual(gpu.workgroupThreads);
        if (!plan.carried && plan.chunks > 1) expect(plan.chunk % scan.segment).toBe(0);
      }
      const { threads, chunk } = planGradient(scan, gpu);
      expect(threads % gpu.subgroupSize).toBe(0);
      expect(chunk).toBeLessThanOrEqual(64);
      const rows = threads / gpu.subgroupSize;
      expect(rows * 16 * scan.states).toBeLessThanOrEqual(Math.max(gpu.workgroupBytes, 16 * scan.states));
    }),
  );
});
