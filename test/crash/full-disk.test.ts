import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Run, run, shell } from '../process.js';
import { hiddenNames, ndjson, tinyFlags, tinyRecord, tinyRecords, trainTiny, weightsHash } from '../tiny.js';

const folder = mkdtempSync(join(tmpdir(), 'full-disk-'));
const disk = join(folder, 'disk');
const model = join(folder, 'model');
mkdirSync(disk);

function mount(kilobytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', disk], { stdio: 'pipe' });
}

function unmount(): void {
  execFileSync('umount', [disk], { stdio: 'pipe' });
}

/** Leaves so many bytes of the disk free. */
function fill(free: number): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - free)));
}

function whyNot(): string | undefined {
  try {
    mount(64);
    unmount();
    return undefined;
  } catch (error) {
    return `no small disk can be mounted here (${(error as Error).message.split('\n').at(-1) || 'not root'})`;
  }
}
const reason = whyNot();

let scored: string;
beforeAll(async () => {
  if (reason) return;
  expect((await trainTiny(model)).stderr).toBe('');
  const made = await run(['score', '-q', '--model', model, '--threads', '1'], { input: tinyRecords(6) });
  scored = made.stdout;
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A failure for want of room: the code, one line with the path. */
function expectFull({ exitCode, stderr }: Run, command: string, path = disk): void {
  expect(exitCode, stderr).toBe(74);
  expect(stderr).toMatch(new RegExp(`^mambaad ${command}: [^\n]*the disk is full[^\n]*\n$`));
  expect(stderr).toContain(path);
}

describe.skipIf(reason)(`on a full disk${reason ? ` (skipped: ${reason})` : ''}`, () => {
  afterEach(() => unmount());

  test('train says so when the features do not fit, and leaves nothing', async () => {
    mount(64);
    expectFull(await trainTiny(join(disk, 'model')), 'train');
    expect(readdirSync(disk)).toEqual([]);
  });

  test('train says so when the new model does not fit, names the bytes, and leaves the old one', async () => {
    mount(1000);
    const out = join(disk, 'model');
    expect((await trainTiny(out)).stderr).toBe('');
    const before = weightsHash(out);
    const second = await trainTiny(out, ['--seed', '9']);
    expectFull(second, 'train');
    expect(second.stderr).toMatch(/\d{6} bytes needed/);
    expect(weightsHash(out)).toBe(before);
    expect(readdirSync(disk)).toEqual(['model']);
    const scores = await run(['score', '-q', '--model', out, '--threads', '1'], { input: tinyRecords(1) });
    expect(scores.exitCode).toBe(0);
  });

  test('train says so when a checkpoint does not fit, and leaves no half of one', async () => {
    mount(1000);
    const out = join(disk, 'model');
    expectFull(await trainTiny(out, ['--steps', '50', '--checkpoint-every', '0.001']), 'train');
    expect(readdirSync(disk)).toEqual([]);
  });

  test('retrain leaves the current model in use', async () => {
    mount(1000);
    const testSet = join(folder, 'test.ndjson');
    const labelled = [0, 1, 2, 3].map((i) => tinyRecord(50 + i, { label: i < 2 ? 'normal' : 'anomaly' }));
    writeFileSync(testSet, ndjson(labelled));
    const store = join(disk, 'models');
    const retrain = (seed: string) =>
      run(
        [
          'retrain',
          '-q',
          '--store',
          store,
          '--test',
          testSet,
          '--max-drop',
          '1',
          ...tinyFlags(['--seed', seed]),
        ],
        {
          input: tinyRecords(8),
        },
      );
    expect((await retrain('1')).stderr).toBe('');
    const before = readFileSync(join(store, 'CURRENT'), 'utf8');
    expectFull(await retrain('2'), 'retrain');
    expect(readFileSync(join(store, 'CURRENT'), 'utf8')).toBe(before);
    expect(readdirSync(store).sort()).toEqual([before.trim(), 'CURRENT'].sort());
  });

  test('calibrate leaves the model as it was', async () => {
    mount(1000);
    execFileSync('cp', ['-r', model, join(disk, 'model')]);
    const at = join(disk, 'model');
    const before = readFileSync(join(at, 'model.json'), 'utf8');
    expectFull(await run(['calibrate', '-q', '--model', at], { input: scored }), 'calibrate');
    expect(readFileSync(join(at, 'model.json'), 'utf8')).toBe(before);
    expect(hiddenNames(disk)).toEqual([]);
  });

  test.each([
    ['safetensors', 'x.safetensors', []],
    ['onnx', 'x.onnx', ['--without-preprocess']],
  ])('export --format %s leaves no half of a file', async (format, name, more) => {
    mount(128);
    const out = join(disk, name);
    const result = await run(['export', '-q', '--model', model, '--format', format, '--out', out, ...more]);
    expectFull(result, 'export');
    expect(readdirSync(disk)).toEqual([]);
  });

  test('score --maps delivers the scores whose maps did fit', async () => {
    mount(600);
    const args = ['score', '-q', '--model', model, '--threads', '1', '--maps', join(disk, 'maps')];
    const result = await run(args, { input: tinyRecords(6) });
    expectFull(result, 'score');
    const types = result.lines.map((line) => JSON.parse(line).type);
    expect(types.at(-1)).toBe('error');
    for (const name of readdirSync(join(disk, 'maps'))) expect(name).toMatch(/^\d{6}\.npy$/);
  });

  test.each(['--masks', '--overlays'])('segment %s leaves no half of a picture', async (flag) => {
    mount(64);
    fill(0);
    const image = join(folder, 'part.png');
    await (await import('sharp'))
      .default({ create: { width: 64, height: 64, channels: 3, background: '#888' } })
      .png()
      .toFile(image);
    const input = scored.replaceAll(/"path":"[^"]+"/g, `"path":${JSON.stringify(image)}`);
    const result = await run(['segment', '-q', flag, join(disk, 'out')], { input });
    expectFull(result, 'segment');
    const left = existsSync(join(disk, 'out')) ? readdirSync(join(disk, 'out'), { recursive: true }) : [];
    expect(left.filter((name) => /png|tmp/.test(String(name)))).toEqual([]);
  });

  test.each(['--report', '--junit', '--markdown', '--prometheus'])('metrics %s says so', async (flag) => {
    mount(64);
    fill(0);
    const labelled = scored.replaceAll('"type":"score"', '"type":"score","label":"normal"');
    const result = await run(['metrics', '-q', flag, join(disk, 'out')], { input: labelled });
    expectFull(result, 'metrics');
    expect(readdirSync(disk)).toEqual(['filler']);
  });

  test('records that are written to a file there end with 74 too', async () => {
    mount(300);
    const script = `$PROGRAM score -q --model "${model}" --threads 1 > "${disk}/scores.ndjson"`;
    const result = await shell(script, { input: tinyRecords(6) });
    expect(result.exitCode).toBe(74);
    expect(result.stderr).toBe('mambaad score: stdout: cannot write records: no space left on the device\n');
  });
});
