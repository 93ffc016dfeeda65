import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/nn/random.js';
import type { ScoreRecord } from '../../src/core/records/schemas.js';
import { resolveFloats } from '../../src/core/records/tensor-ref.js';
import { mambaad, run } from '../process.js';
import { ndjson, tinyRecord, tinyRecords, trainTiny } from '../tiny.js';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'scoring-'));
  model = join(folder, 'model');
  expect((await trainTiny(model)).stderr).toBe('');
});
afterAll(() => rmSync(folder, { recursive: true }));

const someRecords = Array.from({ length: 40 }, (_, i) => `${JSON.stringify(tinyRecord(i))}\n`).join('');
const score = (args: readonly string[], input: string) =>
  run(['score', '-q', '--model', model, ...args], { input });
const scores = (lines: readonly string[]): ScoreRecord[] =>
  lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'score');

function start(args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [mambaad, 'score', '-q', '--model', model, ...args]);
}

/** Calls back for every line feed of a stream, without keeping what was in the line. */
function onLine(stream: NodeJS.ReadableStream, seen: (count: number) => void): void {
  let count = 0;
  stream.on('data', (chunk: Buffer) => {
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) seen(++count);
  });
}

describe('score', () => {
  test.each(['auto', 'wasm'])('on %s writes a score before the next image comes', async (engine) => {
    const child = start(['--engine', engine, '--threads', '2']);
    const got = new Promise<number>((resolve) => onLine(child.stdout, resolve));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    child.stdin.write(`${JSON.stringify(tinyRecord(0))}\n`);
    expect(await got).toBe(1);
    child.stdin.end(tinyRecords(1, {}, 1));
    expect(await ended).toBe(0);
  });

  // Four are two detectors in threads of their own, each with a thread for its scans.
  test.each(['2', '4'])('keeps the order of its input on %s threads', async (threads) => {
    const { lines, exitCode } = await score(['--threads', threads], tinyRecords(30));
    expect(exitCode).toBe(0);
    expect(scores(lines).map(({ path }) => path)).toEqual(
      Array.from({ length: 30 }, (_, i) => `part-${String(i).padStart(4, '0')}.png`),
    );
  });

  test.each(['auto', 'wasm', 'cpu'])(
    'on %s gives an image the same on one thread and on two, alone, in a batch and in any order',
    async (engine) => {
      const runs = [];
      for (const [threads, images] of [
        ['1', [0, 1, 2, 3, 4]],
        ['2', [0, 1, 2, 3, 4]],
        ['2', [4, 2, 0, 3, 1, 2]],
        ['2', [4]],
      ] as const) {
        const input = ndjson(images.map((image) => tinyRecord(image)));
        const { lines } = await score(['--engine', engine, '--threads', threads], input);
        expect(scores(lines).map(({ path }) => path)).toEqual(images.map((i) => `part-000${i}.png`));
        runs.push(scores(lines));
      }
      const [one, ...others] = runs as [ScoreRecord[], ...ScoreRecord[][]];
      for (const record of others.flat()) {
        const same = one.find(({ path }) => path === record.path)!;
        expect(Math.abs(record.raw_score - same.raw_score)).toBeLessThanOrEqual(1e-6);
        expect(await largestDifference(record, same)).toBeLessThanOrEqual(1e-6);
        expect(record.verdict).toBe(same.verdict);
      }
    },
  );

  test.each([0, 1, 2, 3, 4, 5])('interrupted at a random moment (%i) ends with 130', async (i) => {
    const maps = join(folder, `maps-${i}`);
    const result = await run(['score', '-q', '--model', model, '--maps', maps], {
      // An end of the input that never comes: no run is over before its signal.
      input: someRecords.repeat(100),
      keepOpen: true,
      killAfterMs: 300 + 2500 * createRandom(i).uniform(),
      killWith: 'SIGINT',
    });
    // Inside native code the signal itself ends the process; a shell shows 130 all the same.
    expect(result.killedBy === 'SIGINT' ? 130 : result.exitCode).toBe(130);
    expect(result.stderr).toBe('');
    // Every record that came out is whole, and no map is half written.
    const done = scores(result.lines);
    if (!existsSync(maps)) return;
    const names = readdirSync(maps);
    expect(names.filter((name) => !/^\d{6}\.npy$/.test(name))).toEqual([]);
    for (const record of done) expect((await resolveFloats(record.map!, '/')).length).toBe(256 * 256);
  });

  test('does not grow: two thousand images leave it as large as a thousand', async () => {
    const line = `${JSON.stringify(tinyRecord(0))}\n`;
    const child = start(['--threads', '1']);
    const sizes: number[] = [];
    onLine(child.stdout, (count) => {
      if (count % 50 === 0) sizes.push(residentMegabytes(child.pid!));
    });
    for (let i = 0; i < 2000; i++) {
      if (!child.stdin.write(line)) await new Promise((resolve) => child.stdin.once('drain', resolve));
    }
    child.stdin.end();
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    // Garbage comes and goes, 60 MB within some thousand images; a leak of one map an image would be 200 MB more.
    const floor = (from: number, to: number) => Math.min(...sizes.slice(from / 50, to / 50));
    expect(floor(1200, 2000) - floor(400, 1200)).toBeLessThan(90);
  });
});

async function largestDifference(a: ScoreRecord, b: ScoreRecord): Promise<number> {
  const [left, right] = [await resolveFloats(a.map!, '/'), await resolveFloats(b.map!, '/')];
  return left.reduce((worst, value, i) => Math.max(worst, Math.abs(value - right[i]!)), 0);
}

function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1024;
}
