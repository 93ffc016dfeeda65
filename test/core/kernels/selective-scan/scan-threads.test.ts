import { execFileSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type ScanJob, sharesOf } from '../../../../src/core/kernels/selective-scan/scan-job.js';
import { ScanThreads } from '../../../../src/core/kernels/selective-scan/scan-threads.js';
import { nmse } from '../backend.js';
import { type ProjectedCase, projectedCase } from './projected-case.js';

const open: ScanThreads[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((threads) => threads.close()));
});

test.each([1, 2, 3])('%i threads give the output of the reference, scan after scan', async (count) => {
  const threads = start(count);
  for (const seed of [1, 2, 3]) {
    const scan = projectedCase({ length: 100, segment: 50, channels: 70, directions: 2, seed });
    expect(nmse(await runOn(threads, scan), scan.y)).toBeLessThan(1e-9);
  }
});

test('the output is the same to the bit for any number of threads', async () => {
  const scan = projectedCase({ length: 333, channels: 133, directions: 3, rank: 9 });
  const alone = await runOn(start(1), scan);
  for (const count of [2, 4]) expect(await runOn(start(count), scan)).toEqual(alone);
});

test('rounds that overlap, and more of them than there are counters, all come back', async () => {
  const threads = start(3);
  const scan = projectedCase({ length: 8, channels: 20, directions: 1, states: 4 });
  const { job, y } = place(threads, scan);
  for (let left = 5000; left > 0; left -= 50) {
    await Promise.all(Array.from({ length: 50 }, () => threads.run([{ ...job, length: 0, segment: 1 }])));
  }
  await threads.run([job]);
  expect(nmse(y(), scan.y)).toBeLessThan(1e-9);
});

test('the threads do the work while the caller is busy', async () => {
  const threads = start(2, () => true);
  const scan = projectedCase({ length: 20, channels: 40 });
  expect(nmse(await runOn(threads, scan), scan.y)).toBeLessThan(1e-9);
});

test('a scan with more states than the work memory holds is refused', async () => {
  const threads = start(2);
  const scan = projectedCase({ length: 4, channels: 4, directions: 1, states: 4000 });
  await expect(runOn(threads, scan)).rejects.toThrow('4000 states');
});

test('sleeping threads do not keep a program from ending, and closing them is waited for', () => {
  const module = fileURLToPath(
    new URL('../../../../dist/core/kernels/selective-scan/scan-threads.js', import.meta.url),
  );
  const program = `const { ScanThreads } = await import(${JSON.stringify(module)});
    const threads = new ScanThreads(3);
    for (let i = 0; i < 20; i++) {
      const others = new ScanThreads(2);
      for (let round = 0; round < 3; round++) await others.run([]);
      await others.close();
    }
    await threads.run([]);
    console.log('ended');`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 300_000 });
  expect(`${output}`).toContain('ended');
});

test('shares begin at whole cache lines and cover every channel once', async () => {
  const { job } = place(start(1), projectedCase({ length: 4, channels: 4 }));
  for (const channels of [1, 15, 16, 64, 70, 1024]) {
    const shares = sharesOf([{ ...job, channels }]);
    expect(shares.every(({ first }) => first % 16 === 0)).toBe(true);
    expect(shares.map(({ first }) => first)).toEqual([0, ...shares.map(({ last }) => last)].slice(0, -1));
    expect(shares.at(-1)!.last).toBe(channels);
  }
});

function start(count: number, isBusy?: () => boolean): ScanThreads {
  const threads = new ScanThreads(count, isBusy);
  open.push(threads);
  return threads;
}

async function runOn(threads: ScanThreads, scan: ProjectedCase): Promise<Float32Array> {
  const { job, y } = place(threads, scan);
  await threads.run([job]);
  await setTimeout(1); // a thread that comes late must not spoil anything
  return y();
}

/** Copies a case into the shared memory. */
function place(
  threads: ScanThreads,
  { sizes, arrays }: ProjectedCase,
): { job: ScanJob; y: () => Float32Array } {
  const { length, channels, states, directions, segment, rank } = sizes;
  let end = threads.dataStart;
  const put = (values: Float32Array | Int32Array) => {
    const at = end;
    end = Math.ceil((at + 4 * values.length + 16) / 64) * 64;
    threads.reserve(end);
    const View = values instanceof Int32Array ? Int32Array : Float32Array;
    new View(threads.memory.buffer, at, values.length).set(values);
    return at;
  };
  const { a, d, deltaBias, order, u, projected, stepWeights } = arrays;
  const at = { a: put(a), d: put(d), deltaBias: put(deltaBias), order: put(order) };
  const inputs = { u: put(u), projected: put(projected), stepWeights: put(stepWeights) };
  const y = put(new Float32Array(length * channels));
  const job = { ...{ length, channels, states, directions, segment, rank }, ...at, ...inputs, y };
  return { job, y: () => new Float32Array(threads.memory.buffer, y, length * channels).slice() };
}
