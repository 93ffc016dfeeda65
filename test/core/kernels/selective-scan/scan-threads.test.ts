import { execFileSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { scanForward } from '../../../../src/core/kernels/selective-scan/reference.js';
import { channelShare, type ScanJob } from '../../../../src/core/kernels/selective-scan/scan-job.js';
import { ScanThreads } from '../../../../src/core/kernels/selective-scan/scan-threads.js';
import { nmse } from '../backend.js';
import { type ScanCase, scanCase } from './scan-case.js';

const open: ScanThreads[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((threads) => threads.close()));
});

test.each([1, 2, 3])('%i threads give the output of the reference, scan after scan', async (count) => {
  const threads = await started(count);
  for (const seed of [1, 2, 3]) {
    const scan = scanCase({ batch: 1, length: 100, segment: 50, channels: 70, directions: 2, seed });
    expect(nmse(runOn(threads, scan), scanForward(scan.sizes, scan.arrays))).toBeLessThan(1e-9);
  }
});

test('the output is the same to the bit for any number of threads', async () => {
  const scan = scanCase({ batch: 1, length: 333, channels: 133, directions: 3 });
  const alone = runOn(await started(1), scan);
  for (const count of [2, 4]) expect(runOn(await started(count), scan)).toEqual(alone);
});

test('a round holds more scans than its control block', async () => {
  const threads = await started(2);
  const scan = scanCase({ batch: 1, length: 8, channels: 20, directions: 1, states: 4 });
  const { job, y } = place(threads, scan);
  threads.run(new Array(1500).fill(job));
  const once = scanForward(scan.sizes, scan.arrays);
  expect(
    nmse(
      y(),
      once.map((value) => 1500 * value),
    ),
  ).toBeLessThan(1e-8);
});

test('scans that come before the threads have started run on the caller', () => {
  const threads = new ScanThreads(3);
  open.push(threads);
  expect(threads.running).toBe(1);
  const scan = scanCase({ batch: 1, length: 20, channels: 40 });
  expect(nmse(runOn(threads, scan), scanForward(scan.sizes, scan.arrays))).toBeLessThan(1e-9);
});

test('a scan with more states than the work memory holds is refused', async () => {
  const threads = await started(2);
  const scan = scanCase({ batch: 1, length: 4, channels: 4, directions: 1, states: 4000 });
  expect(() => runOn(threads, scan)).toThrow('4000 states');
});

test('sleeping threads do not keep a program from ending', () => {
  const module = fileURLToPath(
    new URL('../../../../dist/core/kernels/selective-scan/scan-threads.js', import.meta.url),
  );
  const program = `const { ScanThreads } = await import(${JSON.stringify(module)});
    const threads = new ScanThreads(3);
    while (threads.running < 3) await new Promise((done) => setTimeout(done, 5));
    console.log('ended');`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 20_000 });
  expect(`${output}`).toContain('ended');
});

test('shares are whole cache lines and cover every channel once', () => {
  for (const channels of [1, 15, 16, 64, 70, 1024]) {
    for (const shares of [1, 2, 3, 8]) {
      let next = 0;
      for (let i = 0; i < shares; i++) {
        const [first, last] = channelShare(channels, i, shares);
        expect(first).toBe(next);
        expect(first % 16 === 0 || first === channels).toBe(true);
        next = last;
      }
      expect(next).toBe(channels);
    }
  }
});

async function started(count: number): Promise<ScanThreads> {
  const threads = new ScanThreads(count);
  open.push(threads);
  while (threads.running < count) await setTimeout(5);
  return threads;
}

function runOn(threads: ScanThreads, scan: ScanCase): Float32Array {
  const { job, y } = place(threads, scan);
  threads.run([job]);
  return y();
}

/** Copies a case of one image into the shared memory. */
function place(threads: ScanThreads, { sizes, arrays }: ScanCase): { job: ScanJob; y: () => Float32Array } {
  const { length, channels, states, directions, segment } = sizes;
  let end = threads.dataStart;
  const put = (values: Float32Array | Int32Array) => {
    const at = end;
    end = Math.ceil((at + 4 * values.length) / 64) * 64;
    threads.reserve(end);
    const View = values instanceof Int32Array ? Int32Array : Float32Array;
    new View(threads.memory.buffer, at, values.length).set(values);
    return at;
  };
  const { a, d, deltaBias, order, u, delta, b, c } = arrays;
  const at = {
    a: put(a),
    d: put(d),
    deltaBias: put(deltaBias),
    order: put(order),
    u: put(u),
    delta: put(delta),
  };
  const y = put(new Float32Array(length * channels));
  const job = { length, channels, states, directions, segment, ...at, b: put(b), c: put(c), y };
  return { job, y: () => new Float32Array(threads.memory.buffer, y, length * channels).slice() };
}
