import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { installGoldenEncoder } from '../golden-encoder.js';
import { type RunOptions, run, shell } from '../process.js';

const picture = fileURLToPath(new URL('../cases/inputs/damaged/whole.jpg', import.meta.url));
const scores = fileURLToPath(new URL('../cases/scores.ndjson', import.meta.url));
const nameless = fileURLToPath(new URL('fixtures/nameless-user.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nameless-'));
const data = join(folder, 'data');
const aFile = join(folder, 'a-file');

beforeAll(async () => {
  await installGoldenEncoder(data);
  writeFileSync(aFile, '');
});

/** Nothing of the environment but what is given: no HOME, no SHELL. */
const bare = (line: string, env: NodeJS.ProcessEnv = {}, options: RunOptions = {}) => {
  const gone = { HOME: undefined, SHELL: undefined, USER: undefined, LOGNAME: undefined };
  const xdg = { XDG_CACHE_HOME: undefined, XDG_DATA_HOME: undefined };
  const own = { MAMBAAD_HOME: undefined, MAMBAAD_CACHE: undefined };
  const preload = { NODE_OPTIONS: `--import=${nameless}` };
  return run(line.replace('PICTURE', picture).split(' '), {
    cwd: folder,
    ...options,
    env: { ...gone, ...xdg, ...own, ...preload, ...env },
  });
};

test.each([
  '--version',
  '--help',
  'help score',
  'models',
  'metrics',
  'extract PICTURE --list',
  'extract PICTURE --dry-run',
])('%s needs no home: a user id without a name and without HOME will do', async (line) => {
  const { stderr, exitCode, stdout } = await bare(line, {}, { input: readFileSync(scores) });
  expect(exitCode, stderr).toBe(0);
  expect(stdout).not.toBe('');
});

test.each(['/', '/nonexistent', 'not/absolute', ''])('HOME=%j is no obstacle either', async (home) => {
  expect(await bare('models -q', { HOME: home })).toMatchObject({ exitCode: 0, stderr: '' });
});

test('doctor says that there is no home and reports everything else', async () => {
  const { exitCode, stderr, lines } = await bare('doctor');
  expect(exitCode).toBe(0);
  expect(stderr).toContain('this user has no home folder; set MAMBAAD_HOME');
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ type: 'end', command: 'doctor' });
});

test.each([
  ['weights list', {}],
  ['weights pull resnet34', {}],
  ['extract PICTURE', {}],
  ['extract PICTURE', { HOME: '' }],
  ['extract PICTURE', { HOME: 'not/absolute' }],
])('%s, which needs a folder, says which variable to set: 66', async (line, env) => {
  const { exitCode, stderr, stdout } = await bare(line, env);
  expect({ exitCode, stdout }).toEqual({ exitCode: 66, stdout: '' });
  expect(stderr).toMatch(
    /^mambaad [a-z ]+: (this user has no home folder|HOME is no absolute path).*; set MAMBAAD_HOME, or HOME, .*\n$/,
  );
});

test('extract without a cache of its own names MAMBAAD_CACHE, and --inline does without', async () => {
  const env = { MAMBAAD_HOME: data };
  const cached = await bare('extract PICTURE --size 64', env);
  expect(cached).toMatchObject({
    exitCode: 66,
    stderr: expect.stringContaining('set MAMBAAD_CACHE, or HOME'),
  });
  const inline = await bare('extract PICTURE --size 64 --inline -q', env);
  expect(inline).toMatchObject({ exitCode: 0, stderr: '' });
});

test('a base directory that is not absolute is ignored, as XDG asks for', async () => {
  const home = join(folder, 'home');
  mkdirSync(home);
  const env = { MAMBAAD_HOME: data, HOME: home, XDG_CACHE_HOME: 'relative' };
  expect(await bare('extract PICTURE --size 64 -q', env)).toMatchObject({ exitCode: 0, stderr: '' });
  expect(existsSync(join(folder, 'relative'))).toBe(false);
  expect(readdirSync(home)).toEqual(['.cache']);
});

test.each([
  ['HOME is a file', { HOME: aFile }],
  ['the cache folder is a file', { MAMBAAD_CACHE: aFile }],
])('where %s, extract says what to set or to do instead: 73', async (_, env) => {
  const { exitCode, stderr } = await bare('extract PICTURE --size 64 -q', { MAMBAAD_HOME: data, ...env });
  expect(exitCode).toBe(73);
  expect(stderr).toMatch(
    /nothing can be written there \(a file is in the way\); take --inline, or set MAMBAAD_CACHE or --cache/,
  );
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});

const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot)(
  'a real user id without a name, with a home that is not its own (needs root)',
  async () => {
    for (const path of [folder, join(folder, '..'), data, join(data, 'encoders')]) chmodSync(path, 0o755);
    const as = 'setpriv --reuid 12345 --regid 0 --clear-groups';
    const env = {
      HOME: '/',
      SHELL: undefined,
      MAMBAAD_HOME: data,
      MAMBAAD_CACHE: undefined,
      PATH: process.env.PATH ?? delimiter,
    };
    const line = `${as} $PROGRAM extract ${picture} --size 64`;
    const { exitCode, stderr } = await shell(
      `${as} $PROGRAM models -q && ${line} --inline -q && ${line} -q`,
      { cwd: '/', env },
    );
    expect(stderr).toMatch(
      /^mambaad extract: \/\.cache\/mambaad\/features: nothing can be written there \(EACCES\)/,
    );
    expect(exitCode).toBe(73);
  },
);
