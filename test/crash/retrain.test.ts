import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Run, type RunOptions, run, start } from '../process.js';
import { ndjson, tinyFlags, tinyRecord, tinyRecords } from '../tiny.js';

let folder: string;
let store: string;
let testSet: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'retrain-'));
  store = join(folder, 'models');
  testSet = join(folder, 'test.ndjson');
  const labelled = Array.from({ length: 8 }, (_, i) =>
    tinyRecord(100 + i, { label: i % 4 < 2 ? 'normal' : 'anomaly', split: 'test' }),
  );
  writeFileSync(testSet, ndjson(labelled));
});
afterAll(() => rmSync(folder, { recursive: true }));

const begin = (args: readonly string[], options: RunOptions = {}) =>
  start(['retrain', '-q', '--store', store, '--test', testSet, ...tinyFlags(args)], {
    input: tinyRecords(8),
    ...options,
  });
const retrain = (args: readonly string[], options: RunOptions = {}): Promise<Run> =>
  begin(args, options).ended;
const current = () => readFileSync(join(store, 'CURRENT'), 'utf8').trim();
const models = () => readdirSync(store).filter((name) => /^[0-9a-f]{16}$/.test(name));
const recordsOf = ({ lines }: Run, type: string) =>
  lines.map((line) => JSON.parse(line)).filter((record) => record.type === type);

describe.sequential('retrain', () => {
  test('publishes the first model of a new store, and scoring the store uses it', async () => {
    const first = await retrain(['--gate', 'image.auroc>=0']);
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(recordsOf(first, 'model')).toMatchObject([
      { model: current(), published: true, path: join(store, current()) },
    ]);
    expect(recordsOf(first, 'metric').map(({ role, class: name }) => `${role} ${name}`)).toEqual([
      'candidate bolt',
      'candidate nut',
      'candidate mean',
    ]);
    expect(recordsOf(first, 'gate')).toMatchObject([{ gate: 'image.auroc>=0', passed: true }]);
    expect(recordsOf(first, 'end')).toHaveLength(1);
    const scored = await run(['score', '-q', '--model', store, '--threads', '1'], {
      input: tinyRecords(1),
    });
    expect(recordsOf(scored, 'score')).toMatchObject([{ model: current() }]);
    expect(readdirSync(store).sort()).toEqual([current(), 'CURRENT'].sort());
  });

  test('refuses a candidate that misses a gate: exit code 3, the old model stays, the new one can be looked at', async () => {
    const before = current();
    const refused = await retrain(['--seed', '1', '--gate', 'image.auroc<0']);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toMatch(
      new RegExp(
        `^mambaad retrain: candidate \\w+ refused: image.auroc<0 missed: .*model ${before} stays in use.*\n$`,
      ),
    );
    expect(current()).toBe(before);
    expect(models()).toEqual([before]);
    const [model] = recordsOf(refused, 'model');
    expect(model).toMatchObject({ published: false, replaces: before, path: join(store, '.refused') });
    expect(existsSync(join(model.path, 'model.json'))).toBe(true);
    // The stream is whole: the refusal is a result.
    expect(recordsOf(refused, 'end')).toHaveLength(1);
    expect(readdirSync(store).sort()).toEqual(['.refused', before, 'CURRENT'].sort());
  });

  test('measures both models on the same images and tells each metric that may not fall', async () => {
    const before = current();
    const next = await retrain(['--seed', '2', '--max-drop', '1']);
    expect(next.exitCode).toBe(0);
    const roles = recordsOf(next, 'metric').map(({ role, model }) => `${role} ${model}`);
    expect(new Set(roles)).toEqual(new Set([`current ${before}`, `candidate ${current()}`]));
    expect(recordsOf(next, 'gate').map(({ gate }) => gate)).toContain('mean:image.auroc may fall by 1');
    expect(current()).not.toBe(before);
    expect(recordsOf(next, 'model')).toMatchObject([{ replaces: before }]);
  });

  test('keeps the last models and no more', async () => {
    const before = current();
    await retrain(['--seed', '3', '--max-drop', '1', '--keep', '2']);
    expect(models().sort()).toEqual([before, current()].sort());
  });

  test('of two at once one works and the other ends with 75 at once', async () => {
    const before = current();
    // The one that works waits for the end of its features until the other is through.
    const winner = begin(['--seed', '4', '--max-drop', '1'], { keepOpen: true });
    while (!existsSync(join(store, '.lock')) && winner.child.exitCode === null) await sleep(10);
    const loser = await retrain(['--seed', '5', '--max-drop', '1']);
    winner.child.stdin.end();
    expect(await winner.ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(loser.exitCode).toBe(75);
    expect(loser.stderr).toMatch(/^mambaad retrain: .*\.lock: locked by process \d+ on .*\n$/);
    expect(loser.stdout).toBe('');
    expect(current()).not.toBe(before);
    expect(existsSync(join(store, '.lock'))).toBe(false);
  });

  test('killed without warning leaves the old model in use, and the next one is not locked out', async () => {
    const before = current();
    const args = ['--steps', '1000000', '--checkpoint-every', '0.001'];
    // The first record tells of a first epoch: it is in the middle of training.
    const killed = await retrain(args, { signalAfterMs: 100, signal: 'SIGKILL' });
    expect(killed.killedBy).toBe('SIGKILL');
    expect(current()).toBe(before);
    const next = await retrain(['--seed', '6', '--max-drop', '1']);
    expect(next).toMatchObject({ exitCode: 0, stderr: '' });
    const hidden = readdirSync(store).filter((name) => name.startsWith('.') && !name.includes('-stale-'));
    expect(hidden).toEqual(['.refused']);
  });

  test('Ctrl-C ends it with 130, the lock and everything temporary gone', async () => {
    const before = readdirSync(store)
      .filter((name) => !name.includes('-stale-'))
      .sort();
    const stopped = await retrain(['--steps', '1000000'], { signalAfterMs: 100, signal: 'SIGINT' });
    expect(stopped).toMatchObject({ exitCode: 130, stderr: '' });
    expect(
      readdirSync(store)
        .filter((name) => !name.includes('-stale-'))
        .sort(),
    ).toEqual(before);
  });

  test('writes what Prometheus scrapes about the model in use, also after a refusal', async () => {
    const prometheus = join(folder, 'mambaad.prom');
    await retrain(['--gate', 'image.auroc<0', '--prometheus', prometheus]);
    const text = readFileSync(prometheus, 'utf8');
    expect(text).toContain(`sha256="${current()}"`);
    expect(text).toMatch(/mambaad_gate_passed\{gate="image\.auroc<0"\} 0/);
    expect(text).toMatch(/mambaad_last_success_timestamp_seconds \d+/);
  });
});

describe('before it trains for long, retrain refuses', () => {
  test.each([
    ['a test set that is not there', () => join(folder, 'nope.ndjson'), 66, /nope\.ndjson: does not exist/],
    [
      'images without labels',
      () => write('a.ndjson', tinyRecords(3)),
      65,
      /a\.ndjson: line 1: part-0000\.png has no label/,
    ],
    [
      'good parts only',
      () => write('b.ndjson', tinyRecords(3, { label: 'normal' })),
      65,
      /b\.ndjson: 3 feature records, 0 of them anomalies/,
    ],
    [
      'a file of something else',
      () => write('c.ndjson', 'path,label\n'),
      65,
      /c\.ndjson: line 1 \(byte 0\): not JSON/,
    ],
    [
      'another encoder than the current model knows',
      () => write('d.ndjson', otherEncoder()),
      65,
      /d\.ndjson: features of other.* takes those of tiny/,
    ],
  ])('%s', async (_, make, exitCode, message) => {
    // stdin stays open and empty: the refusal must not wait for the features.
    const args = ['retrain', '-q', '--store', store, '--test', make()];
    const refused = await run(args, { keepOpen: true });
    expect(refused.exitCode).toBe(exitCode);
    expect(refused.stderr).toMatch(message);
    expect(refused.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(existsSync(join(store, '.lock'))).toBe(false);
  });

  test('a store that it cannot make', async () => {
    const file = write('file', '');
    const refused = await run(['retrain', '--store', join(file, 'models'), '--test', testSet]);
    expect(refused.exitCode).toBe(73);
  });

  test('a pointer that names nothing', async () => {
    const broken = join(folder, 'broken');
    await run(['retrain', '-q', '--store', broken, '--test', join(folder, 'nope.ndjson')]);
    writeFileSync(join(broken, 'CURRENT'), 'the good one\n');
    const refused = await run(['retrain', '-q', '--store', broken, '--test', testSet]);
    expect(refused).toMatchObject({ exitCode: 65 });
    expect(refused.stderr).toMatch(/CURRENT: names no model; expected the 16 hex digits/);
  });
});

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

function otherEncoder(): string {
  const encoder = { name: 'other', hash: 'deadbeefdeadbeef' };
  return ndjson([0, 1].map((i) => tinyRecord(i, { encoder, label: i ? 'anomaly' : 'normal' })));
}
