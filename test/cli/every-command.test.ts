import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { type Run, type RunOptions, run } from '../process.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8'));
const commands = Object.keys(manifest.commands).map((id) => id.replaceAll(':', ' '));
const folder = mkdtempSync(join(tmpdir(), 'every-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

// Some commands do their work when they are given nothing: it must not be done in this checkout, nor on the network.
const env = {
  HOME: folder,
  XDG_CACHE_HOME: folder,
  MAMBAAD_CACHE: folder,
  https_proxy: 'http://127.0.0.1:9',
};
// A table for people unless told otherwise.
const asRecords: Record<string, string[]> = { models: ['--json'] };
const bare = (command: string, options: RunOptions = {}) =>
  run([...command.split(' '), ...(asRecords[command] ?? [])], {
    cwd: folder,
    ...options,
    env: { ...env, ...options.env },
  });

/** What holds for every run, however it ends: one line for a failure, no stack, nothing but records on stdout. */
function expectGoodManners(result: Run, command: string): void {
  expect(result.killedBy).toBeNull();
  expect(result.exitCode, result.stderr).not.toBe(1);
  expect(result.stderr).not.toMatch(/^\s+at /m);
  expect(result.stdout + result.stderr).not.toContain('\u001b');
  for (const line of result.lines) expect(JSON.parse(line)).toMatchObject({ v: 1, type: expect.any(String) });
  if (result.exitCode === 0) return;
  const last = result.stderr.trimEnd().split('\n').at(-1);
  expect(last).toMatch(new RegExp(`^mambaad ${command}: \\S`));
}

describe.each(commands)('mambaad %s', (command) => {
  test('with nothing on stdin and nothing on its command line ends properly', async () => {
    expectGoodManners(await bare(command), command);
  });

  test('with a terminal for stdin does not wait for somebody to type', async () => {
    const pretend = join(root, 'test', 'cli', 'fixtures', 'pretend-terminal.mjs');
    const options = { keepOpen: true, env: { NODE_OPTIONS: `--import=${pretend}` } };
    const result = await bare(command, options);
    expect([0, 2, 3, 66, 69]).toContain(result.exitCode);
    for (const line of result.lines) expect(JSON.parse(line)).toMatchObject({ v: 1 });
  });

  test('with 588 kB of foreign records passes all of them on or reads none', async () => {
    const line = `${JSON.stringify({ v: 1, type: 'weather', pad: 'x'.repeat(980) })}\n`;
    const result = await bare(command, { input: line.repeat(580) });
    expectGoodManners(result, command);
    const passed = result.lines.filter((text) => `${text}\n` === line).length;
    expect([0, 580]).toContain(passed);
  });

  test('refuses a flag it does not know', async () => {
    const result = await bare(`${command} --no-such-flag`);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toBe(
      `mambaad ${command}: Nonexistent flag: --no-such-flag; see mambaad ${command} --help\n`,
    );
  });
});
