import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type ProgressOptions, startProgress } from '../../src/cli/progress.js';

/** A progress whose clock the test turns. */
function watched(options: Partial<ProgressOptions>) {
  const stream: PassThrough & { isTTY?: boolean } = new PassThrough();
  let ms = 0;
  const base: ProgressOptions = { mode: 'auto', quiet: false, command: 'score', label: 'scoring', stream };
  const progress = startProgress({ ...base, total: 100, now: () => ms, ...options });
  const lines = () =>
    String(stream.read() ?? '')
      .split('\n')
      .slice(0, -1);
  const tick = (seconds: number) => {
    ms += 1000 * seconds;
  };
  return { progress, lines, tick };
}

describe('progress without a terminal', () => {
  test('is a line every ten per cent', () => {
    const { progress, lines, tick } = watched({});
    for (let i = 0; i < 100; i++) {
      tick(0.5);
      progress.advance(1, 'loss 0.5');
    }
    progress.done();
    const [first, second, ...rest] = lines();
    expect([first, second]).toEqual(['scoring …', 'scoring: 10/100 (10 %), 2.0/s, 45 s left, loss 0.5']);
    expect(rest).toHaveLength(9);
    expect(rest.at(-1)).toBe('scoring: 100/100 (100 %), 2.0/s, loss 0.5');
  });

  test('is a line every ten seconds when the work is slow or endless', () => {
    const { progress, lines, tick } = watched({ total: undefined });
    for (let i = 0; i < 60; i++) {
      tick(1);
      progress.advance();
    }
    progress.done();
    expect(lines().slice(1)).toEqual([10, 20, 30, 40, 50, 60].map((n) => `scoring: ${n}, 1.0/s`));
  });

  test('does not flood: quick work gets a first and a last line', () => {
    const { progress, lines, tick } = watched({});
    for (let i = 0; i < 100; i++) {
      tick(0.001);
      progress.advance();
    }
    progress.done();
    expect(lines()).toHaveLength(2);
  });

  test('says nothing under --quiet and --progress none', () => {
    for (const options of [{ quiet: true }, { mode: 'none' as const }]) {
      const { progress, lines, tick } = watched(options);
      tick(100);
      progress.advance(50);
      progress.done();
      expect(lines()).toEqual([]);
    }
  });

  test('shows control characters of a note', () => {
    const { progress, lines, tick } = watched({});
    tick(20);
    progress.advance(1, 'a\u001b[2Jb');
    expect(lines().at(-1)).toContain('a\\e[2Jb');
  });
});

describe('progress for programs', () => {
  test('is at most a record a second, with begin and end', () => {
    const { progress, lines, tick } = watched({ mode: 'ndjson', quiet: true });
    for (let i = 0; i < 50; i++) {
      tick(0.1);
      progress.advance();
    }
    progress.done();
    const records = lines().map((line) => JSON.parse(line));
    expect(records.map(({ state }) => state)).toEqual(['begin', ...Array(5).fill('continue'), 'end']);
    const last = { done: 50, total: 100, elapsed_s: 5, left_s: 5 };
    expect(records.at(-1)).toMatchObject({
      v: 1,
      type: 'progress',
      command: 'score',
      label: 'scoring',
      ...last,
    });
  });
});

test('a terminal gets a bar that clears itself and leaves one line', async () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const progress = startProgress({
    mode: 'auto',
    quiet: false,
    command: 'score',
    label: 'scoring',
    total: 4,
    stream,
  });
  progress.advance(2);
  await new Promise((resolve) => setTimeout(resolve, 150));
  progress.advance(2);
  progress.done();
  progress.done();
  const text = String(stream.read());
  expect(text.match(/scoring: 4/g)).toHaveLength(1);
  expect(text).toContain('█');
  expect(text).toMatch(/scoring: 4\/4 \(100 %\), .*\/s\n$/);
});
