// The product's command line as a bench sees it: what came out, how long it took, how much memory it had.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, createWriteStream, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const program = join(here, '..', 'bin', 'run.js');
const probe = join(here, 'peak-memory.mjs');

/**
 * Runs `mambaad WORDS`.
 *
 * @param words of the command line
 * @param files.input NDJSON for stdin
 * @param files.output takes stdout; without it the records come back
 * @returns records of stdout (none with an output file), seconds from start to end, peak bytes, and milliseconds a
 *   record: from the first to the last line of stdout, so without start-up
 */
export async function mambaad(words, { input, output } = {}) {
  const peakFile = join(tmpdir(), `mambaad-peak-${process.pid}`);
  const stdin = input === undefined ? 'ignore' : openSync(input, 'r');
  const start = performance.now();
  const child = spawn(process.execPath, ['--import', probe, program, ...words], {
    stdio: [stdin, 'pipe', 'inherit'],
    env: { ...process.env, BENCH_PEAK: peakFile },
  });
  const ended = once(child, 'close');
  const out = output === undefined ? undefined : createWriteStream(output);
  const chunks = [];
  const arrivals = newArrivals();
  for await (const chunk of child.stdout) {
    arrivals.count(chunk);
    if (out === undefined) chunks.push(chunk);
    else if (!out.write(chunk)) await once(out, 'drain');
  }
  const [code, signal] = await ended;
  if (stdin !== 'ignore') closeSync(stdin);
  if (out !== undefined) await new Promise((resolve) => out.end(resolve));
  if (code !== 0) throw new Error(`mambaad ${words.join(' ')}: ended with ${signal ?? `exit code ${code}`}`);
  const peak = Number(readFileSync(peakFile, 'utf8'));
  rmSync(peakFile);
  return {
    records: Buffer.concat(chunks)
      .toString()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
    seconds: (performance.now() - start) / 1000,
    peak,
    msPerRecord: arrivals.msPerLine(),
  };
}

/** Counts lines and when they came. */
function newArrivals() {
  let first;
  let last;
  let [lines, early] = [0, 0];
  return {
    count(chunk) {
      const before = lines;
      for (const byte of chunk) if (byte === 0x0a) lines++;
      if (lines === before) return;
      last = performance.now();
      if (first !== undefined) return;
      first = last;
      early = lines;
    },
    msPerLine: () => (lines > early ? (last - first) / (lines - early) : null),
  };
}
