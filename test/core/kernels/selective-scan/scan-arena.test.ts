import { afterEach, expect, test } from 'vitest';
import { ScanArena, type ScanLane } from '../../../../src/core/kernels/selective-scan/scan-arena.js';
import { ScanThreads } from '../../../../src/core/kernels/selective-scan/scan-threads.js';
import type { ScanCut } from '../../../../src/core/ops/onnx/scan-cuts.js';
import { nmse } from '../backend.js';
import { type ProjectedCase, projectedCase } from './projected-case.js';

const cases = [
  projectedCase({ length: 90, segment: 30, channels: 40, directions: 3, seed: 1 }),
  projectedCase({ length: 64, channels: 17, states: 5, directions: 2, seed: 2, rank: 1 }),
];

const open: ScanThreads[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((threads) => threads.close()));
});

test.each([1, 2, 3])(
  'groups of scans on %i threads give what the reference gives, run after run',
  async (count) => {
    const arena = openArena(count);
    const lane = arena.addLane();
    for (let repeat = 0; repeat < 3; repeat++) await runBothGroups(arena, lane);
  },
);

test('pictures in lanes of their own do not touch each other', async () => {
  const arena = openArena(2);
  await Promise.all([1, 2, 3].map(() => runBothGroups(arena, arena.addLane())));
});

function openArena(count: number): ScanArena {
  const threads = new ScanThreads(count);
  open.push(threads);
  return new ScanArena(
    [[cut(cases[0]!, 'first')], [cut(cases[1]!, 'second'), cut(cases[0]!, 'third')]],
    threads,
  );
}

async function runBothGroups(arena: ScanArena, lane: ScanLane): Promise<void> {
  fill(arena, lane, 0, cases[0]!, 'first');
  await arena.run(lane, 0);
  check(arena.output(lane, 0, 'first.y'), cases[0]!);
  fill(arena, lane, 1, cases[1]!, 'second');
  fill(arena, lane, 1, cases[0]!, 'third');
  await arena.run(lane, 1);
  check(arena.output(lane, 1, 'second.y'), cases[1]!);
  check(arena.output(lane, 1, 'third.y'), cases[0]!);
}

function check(y: Float32Array, scan: ProjectedCase): void {
  expect(nmse(y, scan.y)).toBeLessThan(1e-9);
}

function cut({ sizes, arrays }: ProjectedCase, name: string): ScanCut {
  const { channels, states, length, directions, segment, rank } = sizes;
  const { stepWeights, a, d, deltaBias } = arrays;
  return {
    ...{ u: `${name}.u`, projected: `${name}.projected`, y: `${name}.y` },
    ...{ channels, states, rank, order: { indices: arrays.order, length, directions, segment } },
    parameters: { stepWeights, a, d, deltaBias },
  };
}

function fill(arena: ScanArena, lane: ScanLane, group: number, scan: ProjectedCase, name: string): void {
  arena.input(lane, group, `${name}.u`).set(scan.arrays.u);
  arena.input(lane, group, `${name}.projected`).set(scan.arrays.projected);
}
