import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Run, run } from '../process.js';
import { ndjson, tinyFlags, tinyRecord, tinyRecords, trainTiny } from '../tiny.js';

let folder: string;
let model: string;
let scored: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bad-records-'));
  model = join(folder, 'model');
  expect((await trainTiny(model)).stderr).toBe('');
  const made = await run(['score', '-q', '--model', model, '--threads', '1'], { input: tinyRecords(2) });
  scored = made.stdout;
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Every command that reads records, with what it takes. */
const commands: [string, () => string[], 'features' | 'score' | 'image'][] = [
  ['train', () => ['--out', join(folder, 'new'), ...tinyFlags()], 'features'],
  ['score', () => ['--model', model, '--threads', '1'], 'features'],
  ['segment', () => [], 'score'],
  ['metrics', () => [], 'score'],
  ['calibrate', () => ['--model', model, '--dry-run'], 'score'],
  ['extract', () => ['--dry-run'], 'image'],
];

/** What is wrong, the input, and what the one line on stderr says. */
type BadLine = [kind: string, input: string | Buffer, message: RegExp];

function onOneLine({ stderr }: Run, command: string): void {
  expect(stderr).toMatch(new RegExp(`^mambaad ${command}: [^\n]+\n$`));
}

describe.each(commands)('%s', (command, args, type) => {
  const feed = (input: string | Buffer, more: string[] = []) =>
    run([command, '-q', ...args(), ...more], { input });

  // A bare word is an image's path to extract, and only there.
  const bare: BadLine[] = [
    ['no JSON', 'nonsense{\n', /line 1 \(byte 0\): not JSON/],
    ['a number', '{"v":1,"type":"weather"}\n17\n', /line 2/],
  ];
  test.each<BadLine>([
    ...(command === 'extract' ? [] : bare),
    ['no type', '{"v":1,"path":"a.png"}\n', /line 1 \(byte 0\): no "type" field/],
    ['cut in the middle', '{"v":1,"type":"fea', /the input stops in the middle of this line/],
    ['bytes that are not UTF-8', Buffer.from('7b22ff227d0a', 'hex'), /line 1/],
    ['a polluting key', '{"v":1,"type":"x","__proto__":{"a":1}}\n', /__proto__/],
    ['too deep', `{"v":1,"type":"x","a":${'['.repeat(100)}${']'.repeat(100)}}\n`, /64 levels/],
  ])('refuses a line that is %s', async (_, input, message) => {
    const result = await feed(input);
    expect(result.exitCode, result.stderr).toBe(65);
    expect(result.stderr).toMatch(message);
    onOneLine(result, command);
  });

  test('refuses its own records without what they need, and says what is missing', async () => {
    const result = await feed(`{"v":1,"type":"${type}"}\n`);
    expect(result.exitCode).toBe(65);
    expect(result.stderr).toMatch(new RegExp(`line 1 \\(byte 0\\): ${type} record, "\\w+" is missing`));
  });

  test('refuses a record of a version to come', async () => {
    const result = await feed(`{"v":2,"type":"${type}","path":"a.png"}\n`);
    expect(result.exitCode).toBe(65);
    expect(result.stderr).toMatch(/version 2; this mambaad reads version 1/);
  });

  test('skips malformed lines under --on-bad-line skip, and says so by its code', async () => {
    const ok =
      type === 'features'
        ? tinyRecords(4)
        : type === 'score'
          ? scored
          : '{"v":1,"type":"image","path":"a.png"}\n';
    const result = await feed(`nonsense{\n${ok}`.replace('nonsense{', '{"v":1,'), ['--on-bad-line', 'skip']);
    expect(result.exitCode, result.stderr).toBe(4);
    expect(JSON.parse(result.lines.at(-1)!)).toMatchObject({ type: 'end', skipped: 1 });
  });

  test('hands unknown records on, text and all', async () => {
    const unknown = '{"type":"weather",  "v":1,"id":12345678901234567890}';
    const ok =
      type === 'features'
        ? tinyRecords(4)
        : type === 'score'
          ? scored
          : '{"v":1,"type":"image","path":"a.png"}\n';
    const result = await feed(`${unknown}\n${ok}`);
    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.lines[0]).toBe(unknown);
  });
});

describe('broken tensors', () => {
  const spoilt = (change: (features: Record<string, unknown>[]) => void) => {
    const record = tinyRecord(1) as { features: Record<string, unknown>[] };
    change(record.features);
    return record;
  };
  const asFile =
    (file: string, offset = 0) =>
    () =>
      spoilt((features) => {
        features[0] = { dtype: 'float32', shape: features[0]!.shape, file, offset };
      });
  const cases: [string, () => Record<string, unknown>, number, RegExp][] = [
    [
      'too short',
      () =>
        spoilt((features) => {
          features[0]!.data = 'AAAA';
        }),
      65,
      /8192 bytes expected, 3 found/,
    ],
    [
      'of whole numbers',
      () =>
        spoilt((features) => {
          Object.assign(features[0]!, { dtype: 'int32' });
        }),
      65,
      /float32/,
    ],
    [
      'one scale short',
      () =>
        spoilt((features) => {
          features.pop();
        }),
      65,
      /extract/,
    ],
    ['in a file that is gone', asFile('/no/such/file'), 66, /\/no\/such\/file: /],
    ['beyond the end of a file', asFile('/etc/hostname', 1e6), 65, /\/etc\/hostname: has \d+ bytes/],
    [
      'not finite',
      () =>
        spoilt((features) => {
          features[0]!.data = Buffer.from(new Float32Array(2048).fill(Number.NaN).buffer).toString('base64');
        }),
      65,
      /not finite|NaN/,
    ],
  ];

  test.each(cases)('%s end train and score, after what was good', async (_, make, exitCode, message) => {
    const input = ndjson([tinyRecord(0), make(), tinyRecord(2), tinyRecord(3)]);
    const trained = await trainTiny(join(folder, 'new'), [], { input });
    expect(trained.exitCode, trained.stderr).toBe(exitCode);
    expect(trained.stderr).toMatch(message);
    onOneLine(trained, 'train');
    const result = await run(['score', '-q', '--model', model, '--threads', '1'], { input });
    expect(result.exitCode, result.stderr).toBe(exitCode);
    onOneLine(result, 'score');
    expect(result.lines.map((line) => JSON.parse(line).type)).toEqual(
      ['score', 'error'].slice(-result.lines.length),
    );
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test.each(cases)('%s become error records in score under --on-error skip', async (_, make) => {
    const input = ndjson([tinyRecord(0), make(), tinyRecord(2)]);
    const args = ['score', '-q', '--model', model, '--threads', '2', '--on-error', 'skip'];
    const result = await run(args, { input });
    expect(result.exitCode, result.stderr).toBe(4);
    const types = result.lines
      .map((line) => JSON.parse(line))
      .map(({ type, path }) => `${type} ${path ?? ''}`);
    expect(types).toEqual(['score part-0000.png', 'error part-0001.png', 'score part-0002.png', 'end ']);
  });
});

describe('a map in a score record', () => {
  const withMap = (map: unknown, fields: object = {}) => {
    const record = JSON.parse(scored.split('\n')[0]!);
    return `${JSON.stringify({ ...record, map, ...fields })}\n`;
  };
  test.each([
    ['with three sides', { dtype: 'float32', shape: [1, 1, 1], data: 'AACAPw==' }],
    ['with no pixels', { dtype: 'float32', shape: [0, 0], data: '' }],
    ['of the wrong length', { dtype: 'float32', shape: [2, 2], data: 'AACAPw==' }],
    ['of bytes', { dtype: 'uint8', shape: [1, 1], data: 'AA==' }],
    ['that is gone', { dtype: 'float32', shape: [2, 2], file: '/no/such.npy', offset: 0 }],
  ])('%s is refused by segment, metrics and calibrate on one line', async (_, map) => {
    for (const [command, args] of [
      ['segment', []],
      ['metrics', []],
      ['calibrate', ['--model', model, '--dry-run']],
    ] as const) {
      const result = await run([command, '-q', ...args], { input: withMap(map, { label: 'normal' }) });
      expect([65, 66], `${command}: ${result.stderr}`).toContain(result.exitCode);
      onOneLine(result, command);
    }
  });

  test.each([
    ['gone', () => '/no/such/mask.png', 66],
    ['no image', () => write('mask.txt', 'none'), 65],
    ['empty', () => write('mask.png', ''), 65],
  ])('whose mask is %s is refused by metrics', async (_, make, exitCode) => {
    const record = JSON.parse(scored.split('\n')[0]!);
    const input = `${JSON.stringify({ ...record, label: 'anomaly', mask: make() })}\n`;
    const result = await run(['metrics', '-q'], { input });
    expect(result.exitCode, result.stderr).toBe(exitCode);
    onOneLine(result, 'metrics');
  });
});

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}
