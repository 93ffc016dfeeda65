import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { run } from '../process.js';

interface Entry {
  flags: Record<string, { allowStdin?: boolean; summary?: string; description?: string }>;
  examples?: unknown[];
  summary?: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8'));
const commands = Object.entries(manifest.commands as Record<string, Entry>);
const sources = readdirSync(join(root, 'src', 'commands'), { recursive: true, encoding: 'utf8' });

describe('oclif.manifest.json', () => {
  test('lists every command there is', () => {
    const ids = sources
      .filter((file) => file.endsWith('.ts'))
      .map((file) => file.slice(0, -3).replaceAll('/', ':'));
    expect(commands.map(([id]) => id)).toEqual(ids.sort());
  });

  test('is current (npm run build && npm run manifest)', () => {
    const script = join(root, 'scripts', 'manifest.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

const probe = join(root, 'test', 'cli', 'fixtures', 'report-modules.mjs');

/** Imports a command's file in a process that names the heavy packages it loads on stderr, and prints its arguments. */
function importCommand(id: string): { args: Record<string, { ignoreStdin?: boolean }>; heavy: string } {
  const file = join(root, 'dist', 'commands', `${id.replaceAll(':', '/')}.js`);
  const code = `const { default: C } = await import('${file}'); console.log(JSON.stringify(C.args ?? {}))`;
  const options = ['--import', probe, '--input-type=module', '-e', code];
  const { stdout, stderr } = spawnSync(process.execPath, options, { encoding: 'utf8' });
  return { args: JSON.parse(stdout), heavy: stderr };
}

describe.each(commands)('%s', (id, { flags, examples, summary }) => {
  test('says what it does, with an example, and what each flag does', () => {
    expect(summary).toMatch(/\.$/);
    expect(examples?.length).toBeGreaterThan(0);
    for (const [name, flag] of Object.entries(flags)) {
      expect(flag.summary ?? flag.description, `--${name}`).toBeTruthy();
    }
  });

  test('loads no computing library when it is imported, and takes no argument from stdin', () => {
    const { args, heavy } = importCommand(id);
    expect(heavy).toBe('');
    // Without ignoreStdin, oclif takes the records of the pipe for the value of a missing argument.
    for (const arg of Object.values(args)) expect(arg).toMatchObject({ ignoreStdin: true });
    for (const flag of Object.values(flags)) expect(flag.allowStdin ?? false).toBe(false);
  });

  test('explains itself on stdout', async () => {
    const help = await run([...id.split(':'), '--help']);
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout).toContain('USAGE');
  });
});

test('help answers without loading a computing library', () => {
  const args = ['--import', probe, join(root, 'bin', 'run.js'), 'extract', '--help'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stdout).toContain('USAGE');
  expect(stderr).toBe('');
});
