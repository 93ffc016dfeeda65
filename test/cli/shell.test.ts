import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type RunOptions, run, shell } from '../process.js';

const program = fileURLToPath(new URL('./fixtures/program/run.js', import.meta.url));
const emit = (args: string[], options: RunOptions = {}) => run(['emit', ...args], { ...options, program });
/** More records than can be written in a day. */
const endless = '1000000000';
const script = (text: string, options: RunOptions = {}) => shell(text, { ...options, program });

describe('stdout', () => {
  test('a reader that starts late and reads slowly gets every line', async () => {
    const { exitCode, lines } = await emit(['--count', '2000'], { readAfterMs: 1500 });
    expect(exitCode).toBe(0);
    expect(lines).toHaveLength(2001);
    expect(JSON.parse(lines.at(-1)!)).toEqual({
      v: 1,
      type: 'end',
      command: 'emit',
      in: 0,
      out: 2000,
      skipped: 0,
    });
  });

  test('a failure after N records delivers N records, an error record and the right code to a slow reader', async () => {
    const failing = await emit(['--count', '500', '--fail', 'DataError'], { readAfterMs: 500 });
    expect(failing.exitCode).toBe(65);
    expect(failing.lines).toHaveLength(501);
    const last = JSON.parse(failing.lines.at(-1)!);
    expect(last).toEqual({ v: 1, type: 'error', message: 'broke on purpose', code: 'DataError' });
    expect(failing.stderr).toBe('starting\nmambaad emit: broke on purpose\n');
  });

  test('a reader that closes early ends the run with exit code 0 and an empty stderr', async () => {
    const { exitCode, stderr } = await emit(['--count', endless, '-q'], { closeAfterLines: 1 });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  test('a command that never looks at the signal still ends when its reader has gone', async () => {
    const { exitCode, stderr } = await emit(['--count', '40', '--every', '20', '--hopeless', '-q'], {
      closeAfterLines: 1,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  test.each([
    ['$PROGRAM emit -q --count 50000 | head -1', 0, ''],
    ['$PROGRAM emit -q --count 50000 | true', 0, ''],
    ['$PROGRAM emit -q 2>&-', 0, ''],
    ['$PROGRAM emit -q > /dev/null', 0, ''],
    [
      '$PROGRAM emit -q > /dev/full',
      74,
      'mambaad emit: stdout: cannot write records: no space left on the device\n',
    ],
    [
      '$PROGRAM emit -q >&-',
      74,
      'mambaad: stdout is closed; to throw the records away, send them to /dev/null\n',
    ],
  ])('%s ends with code %i', async (command, code, stderr) => {
    // POSIX sh has no pipefail: the producer's own code is taken past the pipe through a file descriptor.
    const [producer, ...rest] = command.split('|');
    const piped = `exec 3>&1; { ${producer}; echo "code $?" >&3; } | ${rest.join('|')} >/dev/null`;
    const result = await script(rest.length > 0 ? piped : `${command}\necho "code $?"`);
    expect(result.stdout).toContain(`code ${code}\n`);
    expect(result.stderr).toBe(stderr);
  });
});

describe('failures', () => {
  test.each([
    ['UsageError', 2],
    ['GateFailed', 3],
    ['DataError', 65],
    ['InputMissingError', 66],
    ['UnavailableError', 69],
    ['OutputError', 73],
    ['IoError', 74],
    ['LockedError', 75],
    ['ConfigError', 78],
  ])('%s ends with code %i and one line', async (name, code) => {
    const { exitCode, stderr } = await emit(['-q', '--fail', name]);
    expect({ exitCode, stderr }).toEqual({ exitCode: code, stderr: 'mambaad emit: broke on purpose\n' });
  });

  test('a failed gate comes after the end record: the stream is whole', async () => {
    const { lines } = await emit(['--fail', 'GateFailed']);
    expect(JSON.parse(lines.at(-1)!).type).toBe('end');
  });

  test('an unforeseen error ends with code 1, and shows its stack only under DEBUG', async () => {
    const quiet = await emit(['-q', '--fail', 'Error']);
    expect(quiet.exitCode).toBe(1);
    expect(quiet.stderr.split('\n')).toHaveLength(2);
    const loud = await emit(['-q', '--fail', 'Error'], { env: { DEBUG: 'mambaad:*' } });
    expect(loud.stderr).toContain('emit.js');
  });

  test('control characters of a message are shown, not sent to the terminal', async () => {
    const { stderr } = await emit(['-q', '--fail', 'DataError', '--message', 'a\u001b[31m\nb\u2028c\u0007']);
    expect(stderr).toBe('mambaad emit: a\\e[31m\\nb\\u2028c\\u0007\n');
  });

  test.each([
    [
      'an unknown flag',
      ['emit', '--bogus'],
      'mambaad emit: Nonexistent flag: --bogus; see mambaad emit --help\n',
    ],
    ['an unknown command', ['nope'], 'mambaad: no command "nope"; see mambaad --help\n'],
    ['a stray word', ['emit', 'x'], 'mambaad: no command "emit x"; see mambaad --help\n'],
  ])('%s is a usage error on one line', async (_, args, stderr) => {
    expect(await run(args, { program })).toMatchObject({ exitCode: 2, stdout: '', stderr });
  });
});

describe('signals', () => {
  test.each([
    ['SIGINT', 130, ['--hang']],
    ['SIGTERM', 143, ['--hang']],
    ['SIGINT', 130, ['--hopeless']],
    ['SIGTERM', 143, ['--count', endless]],
  ] as const)('%s ends with code %i what would go on for days (%j)', async (signal, code, args) => {
    const result = await emit([...args], { signal, signalAfterMs: 100 });
    expect(result).toMatchObject({ exitCode: code, stderr: 'starting\n' });
  });

  test('work that blocks the thread is ended at once by the signal itself, and the shell sees the same code', async () => {
    const result = await emit(['--block'], { signalOn: 'computing' });
    expect(result).toMatchObject({ exitCode: null, killedBy: 'SIGINT' });
    const said = join(tmpdir(), `said-${process.pid}`);
    const shown = await script(`$PROGRAM emit --block 2> "${said}" & child=$!
      until grep -q computing "${said}"; do sleep 0.1; done
      kill -TERM $child; wait $child; echo "code $?"; rm "${said}"`);
    expect(shown.stdout).toContain('code 143');
  });

  test('warnings of Node are shown only under DEBUG, on one line', async () => {
    expect((await emit(['-q', '--warn'])).stderr).toBe('');
    const { stderr } = await emit(['-q', '--warn'], { env: { DEBUG: 'mambaad:shell' } });
    expect(stderr).toContain('mambaad emit: Warning: watch out\n');
  });

  test('an interrupted stream carries neither an end nor an error record', async () => {
    const { lines } = await emit(['--count', endless, '--every', '20'], { signalAfterMs: 200 });
    expect(lines.map((line) => JSON.parse(line).type)).not.toContain('end');
    expect(lines.map((line) => JSON.parse(line).type)).not.toContain('error');
  });

  test('SIGINT ends the run although the reader has taken nothing', async () => {
    const result = await emit(['--count', endless], { signalAfterMs: 100, readAfterExit: true });
    expect(result.exitCode).toBe(130);
  });
});

describe('talk', () => {
  test('no byte of a non-terminal stream is an escape, not even under FORCE_COLOR or in CI', async () => {
    const env = {
      FORCE_COLOR: '1',
      CI: '1',
      GITHUB_ACTIONS: '1',
      TERM: 'xterm-256color',
      COLORTERM: 'truecolor',
    };
    for (const args of [['emit', '--spin'], ['emit', '--bogus'], ['--help'], ['emit', '--help']]) {
      const { stdout, stderr } = await run(args, { program, env });
      expect(stdout + stderr).not.toContain('\u001b');
    }
  });

  test('a terminal gets colours, and none under NO_COLOR', async () => {
    const input = '{"v":1,"type":"image","path":"a"}\n';
    const env = { FAKE_TTY: 'stderr', TERM: 'xterm' };
    const coloured = await run(['pass'], { program, env, input });
    expect(coloured.stderr).toContain('\u001b[33m');
    const plain = await run(['pass'], { program, env: { ...env, NO_COLOR: '1' }, input });
    expect(plain.stderr).not.toContain('\u001b');
  });

  test('--progress ndjson puts progress records on stderr and none on stdout', async () => {
    const { stdout, stderr } = await emit(['-q', '--spin', '--progress', 'ndjson']);
    const states = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(states.map(({ state }) => state)).toEqual(['begin', 'end']);
    expect(states.at(-1)).toMatchObject({ v: 1, type: 'progress', command: 'emit', done: 3, total: 3 });
    expect(stdout).not.toContain('progress');
  });

  test('help and version go to stdout with code 0', async () => {
    expect(await run(['emit', '--help'], { program })).toMatchObject({ exitCode: 0, stderr: '' });
    const version = await run(['--version'], { program });
    expect(version.stdout).toMatch(/^\S+\/\d+\.\d+\.\d+ /);
  });
});
