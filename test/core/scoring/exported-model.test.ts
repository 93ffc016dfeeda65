import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeModel } from '../../../src/core/export/onnx/messages.js';
import { OnnxOps } from '../../../src/core/ops/onnx/onnx-ops.js';
import { run } from '../../process.js';
import { renderedParts } from '../../rendered-parts.js';
import { publishSmallModel } from '../export/published-model.js';

let folder: string;
let model: string;
let env: NodeJS.ProcessEnv;
/** Image records of two classes, as `extract --list` writes them. */
let pictures: string;

const parts = await renderedParts();
const gears = ['good/000', 'good/001', 'broken_teeth/000'].map((name) =>
  join(parts, 'gear', 'test', `${name}.png`),
);

async function succeed(args: string[], input?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await run(args, { env, ...(input !== undefined && { input }) });
  expect(exitCode, stderr).toBe(0);
  return stdout;
}

function scores(stdout: string): Record<string, unknown>[] {
  const records = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return records.filter(({ type }) => type === 'score');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mambaad-exported-'));
  const published = await publishSmallModel(folder);
  model = published.model;
  env = { MAMBAAD_HOME: published.home, MAMBAAD_CACHE: join(folder, 'cache') };
  const listed = await succeed(['extract', '-q', '--list'], gears.map((path) => `${path}\n`).join(''));
  const classes = ['bottle', 'cable', 'never seen'];
  pictures = listed
    .split('\n')
    .map((line, i) => line.replace('"default"', `"${classes[i]}"`))
    .join('\n');
  const onnx = ['export', '-q', '--model', model, '--format', 'onnx'];
  await succeed([...onnx, '--out', join(folder, 'whole.onnx')]);
  await succeed([...onnx, '--without-preprocess', '--out', join(folder, 'features-in.onnx')]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(['whole.onnx', 'features-in.onnx'])('%s scores pictures as its model folder does', async (file) => {
  const wanted = scores(await succeed(['score', '-q', '--model', model], pictures));
  const found = scores(await succeed(['score', '-q', '--model', join(folder, file)], pictures));
  expect(found).toHaveLength(gears.length);
  found.forEach((score, i) => {
    const { raw_score, score: calibrated, map, ms, ...rest } = wanted[i]!;
    expect(score).toMatchObject(rest);
    expect(Object.keys(score).sort()).toEqual(Object.keys(wanted[i]!).sort());
    expect(Math.abs((score.raw_score as number) - (raw_score as number))).toBeLessThan(1e-5);
    expect(Math.abs((score.score as number) - (calibrated as number))).toBeLessThan(1e-5);
    expect(score.map).toMatchObject({ shape: [256, 256] });
  });
});

test('a file without preprocessing takes feature records, one with it says that it does not', async () => {
  const features = await succeed(['extract', '-q', '--inline', '--channels', '8,16,32', gears[2]!]);
  const wanted = scores(await succeed(['score', '-q', '--model', model], features));
  const found = scores(await succeed(['score', '-q', '--model', join(folder, 'features-in.onnx')], features));
  expect(found[0]!.raw_score).toBeCloseTo(wanted[0]!.raw_score as number, 5);
  const refused = await run(['score', '-q', '--model', join(folder, 'whole.onnx')], { env, input: features });
  expect(refused.exitCode).toBe(65);
  expect(refused.stderr).toMatch(
    /^mambaad score: .*000\.png: a feature record, but .*takes image records.*\n$/,
  );
});

test('files that are no export of ours are refused in one line, each with its code', async () => {
  const ops = new OnnxOps();
  ops.output('y', ops.relu(ops.input('x', [-1, 4])));
  await writeFile(join(folder, 'foreign.onnx'), encodeModel(ops.graph.model('foreign')));
  await writeFile(join(folder, 'text.onnx'), 'no model at all');
  const cases: [string, number, RegExp][] = [
    ['foreign.onnx', 65, /foreign\.onnx: an ONNX file without our metadata .*export --format onnx wrote\n$/],
    ['text.onnx', 65, /text\.onnx: neither a model folder nor an ONNX file/],
    ['absent.onnx', 66, /absent\.onnx: does not exist; expected a model folder or an exported \.onnx file/],
  ];
  for (const [file, code, message] of cases) {
    const { exitCode, stderr } = await run(['score', '--model', join(folder, file)], {
      env,
      input: pictures,
    });
    expect(exitCode).toBe(code);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  }
});

test('limits from the command line and the gate work on a file too', async () => {
  const args = [
    'score',
    '-q',
    '--model',
    join(folder, 'whole.onnx'),
    '--threshold',
    '-1',
    '--fail-on',
    'anomaly',
  ];
  const gated = await run(args, { env, input: pictures });
  expect(gated.exitCode).toBe(3);
  expect(scores(gated.stdout).map(({ verdict }) => verdict)).toEqual(['ng', 'ng', 'ng']);
  const engine = await run([...args, '--engine', 'wasm'], { env, input: pictures });
  expect(engine.exitCode).toBe(2);
});
