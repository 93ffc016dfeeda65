import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { scanForward } from '../../../../src/core/kernels/selective-scan/reference.js';
import { ScanArena } from '../../../../src/core/kernels/selective-scan/scan-arena.js';
import type { ScanCut } from '../../../../src/core/ops/onnx/scan-cuts.js';
import { nmse } from '../backend.js';
import { type ScanCase, scanCase } from './scan-case.js';

const cases = [
  scanCase({ batch: 1, length: 90, segment: 30, channels: 40, directions: 3, seed: 1 }),
  scanCase({ batch: 1, length: 64, channels: 17, states: 5, directions: 2, seed: 2 }),
];

const open: ScanArena[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((arena) => arena.close()));
});

test.each([1, 2, 3])(
  'groups of scans on %i threads give what the reference gives, run after run',
  async (threads) => {
    const arena = new ScanArena(
      [[cut(cases[0]!, 'first')], [cut(cases[1]!, 'second'), cut(cases[0]!, 'third')]],
      threads,
    );
    open.push(arena);
    for (let repeat = 0; repeat < 3; repeat++) {
      fill(arena, 0, cases[0]!, 'first');
      check(arena.run(0).get('first.y')!, cases[0]!);
      fill(arena, 1, cases[1]!, 'second');
      fill(arena, 1, cases[0]!, 'third');
      const outputs = arena.run(1);
      check(outputs.get('second.y')!, cases[1]!);
      check(outputs.get('third.y')!, cases[0]!);
      await setTimeout(40); // the first runs may come before the threads have started
    }
  },
);

function check(y: Float32Array, { sizes, arrays }: ScanCase): void {
  expect(nmse(y, scanForward(sizes, arrays))).toBeLessThan(1e-9);
}

function cut({ sizes, arrays }: ScanCase, name: string): ScanCut {
  const { channels, states, length, directions, segment } = sizes;
  return {
    ...{ u: `${name}.u`, delta: `${name}.delta`, b: `${name}.b`, c: `${name}.c`, y: `${name}.y` },
    ...{ channels, states, order: { indices: arrays.order, length, directions, segment } },
    parameters: { a: arrays.a, d: arrays.d, deltaBias: arrays.deltaBias },
  };
}

/** Writes the inputs of a case, whose directions come pixel by pixel, direction by direction. */
function fill(arena: ScanArena, group: number, { sizes, arrays }: ScanCase, name: string): void {
  const { length: L, directions: K } = sizes;
  const byDirection = (values: Float32Array, width: number) =>
    Float32Array.from(values, (_, i) => {
      const [k, t] = [Math.floor(i / (L * width)), Math.floor(i / width) % L];
      return values[(t * K + k) * width + (i % width)]!;
    });
  arena.input(group, `${name}.u`).set(arrays.u);
  arena.input(group, `${name}.delta`).set(byDirection(arrays.delta, sizes.channels));
  arena.input(group, `${name}.b`).set(byDirection(arrays.b, sizes.states));
  arena.input(group, `${name}.c`).set(byDirection(arrays.c, sizes.states));
}
