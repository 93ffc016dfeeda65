import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RunOptions, run, shell } from '../process.js';

const program = fileURLToPath(new URL('./fixtures/program/run.js', import.meta.url));
const pass = (input: string | Uint8Array, args: string[] = [], options: RunOptions = {}) =>
  run(['pass', ...args], { input, program, ...options });

const image = (path: string, more = {}) => JSON.stringify({ v: 1, type: 'image', path, ...more });
const end = '{"v":1,"type":"end","command":"emit","in":0,"out":1,"skipped":0}\n';
const records = (lines: string[]) => lines.map((line) => JSON.parse(line));

describe('what is read', () => {
  test.each([
    ['CRLF', `${image('a')}\r\n${image('b')}\r\n`],
    ['a byte order mark', `\ufeff${image('a')}\n${image('b')}\n`],
    ['blank lines', `\n${image('a')}\n\r\n  \n${image('b')}\n\n`],
    ['no newline at the end', `${image('a')}\n${image('b')}`],
  ])('%s changes nothing', async (_, input) => {
    const { exitCode, lines } = await pass(input);
    expect(exitCode).toBe(0);
    expect(records(lines).map(({ path }) => path)).toEqual(['a', 'b', undefined]);
  });

  test('names with line separators, control characters, emoji, quotes and dashes survive two stages', async () => {
    const random = fc.sample(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }), {
      numRuns: 500,
      seed: 1,
    });
    const safe = random.filter((name) => !name.includes('choke'));
    const names = [
      'a\nb',
      'a\u2028b\u2029',
      '😀',
      ' leading',
      '--flag',
      '"quoted"',
      '\u001b[31m',
      '\ud800',
      ...safe,
    ];
    const input = names.map((name) => `${image(name)}\n`).join('');
    const { exitCode, lines, stdout } = await shell('$PROGRAM pass -q | $PROGRAM pass -q', {
      program,
      input,
    });
    expect(exitCode).toBe(0);
    expect(records(lines.slice(0, -1)).map(({ path }) => path)).toEqual(names);
    expect(stdout).not.toMatch(/[\u2028\u2029]/);
  });

  test('unknown keys, at any depth, and unknown types come out as they went in', async () => {
    const odd = '{"type":"weather","id":12345678901234567890,"b":1,"b":2,"x":1.0}';
    const error = '{"v":1,"type":"error","message":"m","code":"DataError","extra":[1]}';
    const { lines } = await pass(
      `${odd}\n${error}\n${image('a', { mine: { deep: [1, { x: null }] } })}\n${end}`,
    );
    expect(lines.slice(0, 2)).toEqual([odd, error]);
    expect(records(lines)[2]).toMatchObject({
      path: 'a',
      class: 'default',
      passed: true,
      mine: { deep: [1, { x: null }] },
    });
  });

  test('588 kB on stdin are read to the end', async () => {
    const input =
      `${image('a', { pad: 'x'.repeat(980) })}\n`.repeat(580) + end.replace('"out":1', '"out":580');
    const { lines, stderr } = await pass(input);
    expect(lines).toHaveLength(581);
    expect(stderr).toBe('');
  });

  test.each([['</dev/null'], ['<&-']])('%s is an empty stream', async (redirection) => {
    const { exitCode, lines } = await shell(`$PROGRAM pass -q ${redirection}`, { program });
    expect(exitCode).toBe(0);
    expect(records(lines)).toEqual([{ v: 1, type: 'end', command: 'pass', in: 0, out: 0, skipped: 0 }]);
  });

  test('a terminal on stdin gets the help on stderr and code 2', async () => {
    const { exitCode, stdout, stderr } = await pass('', [], { env: { FAKE_TTY: 'stdin' } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('USAGE');
    expect(stderr).toContain('mambaad pass: reads records from a pipe');
  });
});

describe('malformed lines', () => {
  test.each([
    ['not JSON', Buffer.from('nonsense\n'), 'line 2 (byte 34): not JSON'],
    ['a truncated last line', Buffer.from('{"v":1,"ty'), 'the input stops in the middle of this line'],
    ['not an object', Buffer.from('[1]\n'), 'expected a JSON object, found an array'],
    ['no type', Buffer.from('{"v":1}\n'), 'no "type" field'],
    ['no version', Buffer.from('{"type":"image","path":"b"}\n'), 'image record with no "v" field'],
    [
      'another version',
      Buffer.from('{"v":2,"type":"image","path":"b"}\n'),
      'version 2; this mambaad reads version 1',
    ],
    ['a missing field', Buffer.from('{"v":1,"type":"image"}\n'), 'image record, "path" is missing'],
    [
      'a wrong field',
      Buffer.from('{"v":1,"type":"image","path":3}\n'),
      '"path": expected string, found number',
    ],
    [
      'invalid UTF-8',
      Buffer.from('{"v":1,"type":"image","path":"\xff"}\n', 'latin1'),
      'line 2 (byte 64): not UTF-8',
    ],
    [
      'a number beyond float64',
      Buffer.from('{"v":1,"type":"x","n":1e999}\n'),
      'the number at "n" is too large',
    ],
    [
      'a deep one',
      Buffer.from(`{"type":"x","a":${'['.repeat(2e5)}${']'.repeat(2e5)}}\n`),
      'deeper than 64 levels',
    ],
    [
      '__proto__',
      Buffer.from('{"type":"x","a":{"__proto__":{"b":1}}}\n'),
      'the key "__proto__" is not allowed',
    ],
  ])('%s: fails with 65, naming the line', async (_, bad, message) => {
    const { exitCode, lines, stderr } = await pass(Buffer.concat([Buffer.from(`${image('a')}\n`), bad]));
    expect(exitCode).toBe(65);
    expect(stderr).toMatch(/^mambaad pass: line 2 .*\n$/);
    expect(stderr).toContain(message);
    expect(records(lines).map(({ type }) => type)).toEqual(['image', 'error']);
  });

  test('--on-bad-line skip goes on, counts, and ends with 4', async () => {
    const input = `${image('a')}\nnonsense\n${image('b')}\n{"v":1,"type":"image"}\n${end}`;
    const { exitCode, lines, stderr } = await pass(input, ['--on-bad-line', 'skip']);
    expect(exitCode).toBe(4);
    expect(records(lines).at(-1)).toMatchObject({ type: 'end', in: 2, out: 2, skipped: 2 });
    expect(stderr).toContain('warning: skipped line 2');
  });

  test('a line beyond 16 MiB fails at once, even under skip', async () => {
    const input = Buffer.alloc(17 * 1024 * 1024, 'x');
    const { exitCode, stderr } = await pass(input, ['--on-bad-line', 'skip'], { keepOpen: true });
    expect(exitCode).toBe(65);
    expect(stderr).toContain('line 1 (byte 0): longer than 16777216 bytes');
  });

  test('a line of 15 MiB is fine', async () => {
    const { exitCode, lines } = await pass(`${image('a', { pad: 'x'.repeat(15 * 1024 * 1024) })}\n${end}`);
    expect(exitCode).toBe(0);
    expect(lines).toHaveLength(2);
  });
});

describe('records that cannot be processed', () => {
  const input = `${image('a')}\n${image('choke')}\n${image('b')}\n${end}`;

  test('fail by default, after the records before them', async () => {
    const { exitCode, lines, stderr } = await pass(input);
    expect(exitCode).toBe(65);
    expect(records(lines).map(({ type, path }) => [type, path])).toEqual([
      ['image', 'a'],
      ['error', undefined],
    ]);
    expect(stderr).toBe('mambaad pass: choke: choked\n');
  });

  test.each(['1', '2', '8'])(
    '--on-error skip writes an error record in their place (%s in flight)',
    async (inFlight) => {
      const { exitCode, lines } = await pass(input, ['--on-error', 'skip', '--in-flight', inFlight]);
      expect(exitCode).toBe(4);
      const [a, failed, b, last] = records(lines);
      expect([a.path, b.path]).toEqual(['a', 'b']);
      expect(failed).toMatchObject({
        type: 'error',
        code: 'DataError',
        path: 'choke',
        message: 'choke: choked',
      });
      expect(last).toMatchObject({ type: 'end', in: 3, skipped: 1 });
    },
  );

  test('what came before a malformed line goes out', async () => {
    const { lines } = await pass(`${image('a')}\n${image('b')}\nnonsense\n`, ['--in-flight', '8']);
    expect(records(lines).map(({ type }) => type)).toEqual(['image', 'image', 'error']);
  });

  test('a record does not wait for others when the input pauses', async () => {
    const options = { keepOpen: true, signalAfterMs: 200 };
    const { exitCode, lines } = await pass(`${image('a')}\n`, ['--in-flight', '8', '-q'], options);
    expect({ exitCode, n: lines.length }).toEqual({ exitCode: 130, n: 1 });
  });

  test('NaN never reaches the stream', async () => {
    const { exitCode, stdout, stderr } = await run(['emit', '-q', '--nan'], { program });
    expect(exitCode).toBe(65);
    expect(stderr).toBe('mambaad emit: score record of n.png: "score" is NaN\n');
    expect(stdout).not.toContain('null');
  });
});

describe('the end record', () => {
  test('is written anew by every stage', async () => {
    const { lines } = await shell('$PROGRAM emit | $PROGRAM pass | $PROGRAM pass', { program });
    expect(records(lines).filter(({ type }) => type === 'end')).toMatchObject([
      { command: 'pass', in: 3, out: 3 },
    ]);
  });

  test('a stream without one is warned about, and refused under --require-end', async () => {
    const lax = await pass(`${image('a')}\n`);
    expect(lax.exitCode).toBe(0);
    expect(lax.stderr).toBe(
      'mambaad pass: warning: the input stopped without an end record: the program before this one may have died\n',
    );
    const strict = await pass(`${image('a')}\n`, ['--require-end']);
    expect(strict.exitCode).toBe(65);
    expect(records(strict.lines).map(({ type }) => type)).toEqual(['image', 'error']);
  });

  test('the streams of two programs may be joined', async () => {
    const { stderr, lines } = await shell(
      '($PROGRAM emit -q; $PROGRAM emit -q) | $PROGRAM pass --require-end',
      { program },
    );
    expect(stderr).toBe('');
    expect(lines).toHaveLength(7);
  });
});
