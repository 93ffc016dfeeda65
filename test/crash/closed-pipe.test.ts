import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixturePath } from '../fixtures.js';
import { installGoldenEncoder } from '../golden-encoder.js';
import { run, shell } from '../process.js';
import { ndjson, tinyFlags, tinyRecord, tinyRecords, trainTiny } from '../tiny.js';

let folder: string;
let model: string;
let scored: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'closed-pipe-'));
  model = join(folder, 'model');
  expect((await trainTiny(model)).stderr).toBe('');
  const made = await run(['score', '-q', '--model', model, '--threads', '2'], { input: tinyRecords(40) });
  scored = made.stdout;
  await installGoldenEncoder(join(folder, 'home'));
  env = { MAMBAAD_HOME: join(folder, 'home'), MAMBAAD_CACHE: join(folder, 'cache') };
  mkdirSync(join(folder, 'photos'));
  for (let i = 0; i < 12; i++) {
    const background = { r: 20 * i, g: 90, b: 7 };
    await sharp({ create: { width: 32, height: 32, channels: 3, background } })
      .png()
      .toFile(join(folder, 'photos', `${i}.png`));
  }
  const labelled = [0, 1, 2, 3].map((i) => tinyRecord(i, { label: i < 2 ? 'normal' : 'anomaly' }));
  writeFileSync(join(folder, 'test.ndjson'), ndjson(labelled));
});
afterAll(() => rmSync(folder, { recursive: true }));

// One line out of many: where a command has more to say than a pipe holds, it meets the closed end in mid-work.
const commands: [string, () => string, () => string][] = [
  ['extract', () => `--inline "${folder}/photos"`, () => ''],
  ['train', () => `--out "${folder}/new" ${tinyFlags(['--steps', '4']).join(' ')}`, () => tinyRecords(8)],
  [
    'retrain',
    () =>
      `--store "${folder}/models" --test "${folder}/test.ndjson" ${tinyFlags(['--steps', '4']).join(' ')}`,
    () => tinyRecords(8),
  ],
  ['score', () => `--model "${model}" --threads 2`, () => tinyRecords(200)],
  ['score', () => `--model "${model}" --threads 2 --engine wasm`, () => tinyRecords(200)],
  ['segment', () => '', () => scored],
  ['metrics', () => '', () => `${'{"v":1,"type":"weather","sky":"grey"}\n'.repeat(20_000)}${scored}`],
  ['calibrate', () => `--model "${model}" --dry-run`, () => scored],
  [
    'verify',
    () => `"${fixturePath('scan-orders.json')}" "${fixturePath('lss-hilbert-8.safetensors')}"`,
    () => '',
  ],
  ['synth', () => `--out "${folder}/synth" --train 2 --test 4 --size 64`, () => ''],
  ['doctor', () => '', () => ''],
  ['weights list', () => '', () => ''],
];

describe.each(commands)('mambaad %s into a closed pipe:', (command, args, input) => {
  test.each(['head -n 1', 'true'])('| %s ends with 0 and says nothing', async (reader) => {
    // POSIX sh has no pipefail: the code goes past the pipe through a file descriptor.
    const script = `exec 3>&1; { $PROGRAM ${command} -q ${args()}; echo "code $?" >&3; } | ${reader} > /dev/null`;
    const { stdout, stderr } = await shell(script, { input: input(), env });
    expect(stderr).toBe('');
    expect(stdout).toBe('code 0\n');
    const hidden = [folder, join(folder, 'models')].flatMap((at) => {
      try {
        return readdirSync(at).filter((name) => /mambaad-tmp|^\.lock$/.test(name));
      } catch {
        return [];
      }
    });
    expect(hidden).toEqual([]);
  });
});
