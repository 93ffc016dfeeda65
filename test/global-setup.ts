import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'dist', '.built');
const state = join(root, 'dist', '.tsbuildinfo');
const lock = join(root, 'node_modules', '.cache', 'mambaad-build.lock');

/**
 * Tests with real processes run what is in dist/: it is brought up to date once, and only when such tests are among
 * those chosen.
 */
export default async function setup(project: TestProject): Promise<void> {
  // Internal to vitest; were it gone, all files would count, and the build would only run more often.
  const { filenamePattern } = project.vitest as { filenamePattern?: string[] };
  const { testFiles } = await project.globTestFiles(filenamePattern);
  if (!testFiles.some((file) => /(process|workshop)\.js'|\/dist\//.test(readFileSync(file, 'utf8')))) return;
  await locked(() => {
    const built = Math.max(modified(stamp), modified(join(root, 'dist', 'cli', 'main.js')));
    const newest = newestIn(join(root, 'src'));
    if (newest - built < 1) return;
    build();
    writeFileSync(stamp, '');
    // Not the time of now: a file saved during the build must count as newer.
    utimesSync(stamp, newest / 1000, newest / 1000);
  });
}

function build(): void {
  if (!existsSync(join(root, 'dist', 'core', 'kernels'))) {
    command(process.execPath, join(root, 'scripts', 'build.mjs'));
    return;
  }
  // In place: other processes may be running what is there.
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  command(process.execPath, tsc, '-p', root, '--incremental', '--tsBuildInfoFile', state);
  if (kernelsAreOld()) command(process.execPath, join(root, 'scripts', 'build-wasm.mjs'));
}

function kernelsAreOld(): boolean {
  return newestIn(join(root, 'src'), '.as.ts') > newestIn(join(root, 'dist'), '.wasm');
}

/** Type errors do not stop the build: tsc emits all the same, and `npm run typecheck` is the judge of them. */
function command(...[program, ...args]: [string, ...string[]]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) process.stderr.write(`${args.join(' ')}: exit ${status}\n${stdout}${stderr}\n`);
}

function modified(file: string): number {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

function newestIn(folder: string, ending = ''): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(ending));
  return Math.max(0, ...files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs));
}

/** Two test runs in one checkout must not build at the same time. */
async function locked(work: () => void): Promise<void> {
  mkdirSync(dirname(lock), { recursive: true });
  for (let waited = 0; !taken(); waited += 200) {
    if (waited > 600_000) throw new Error(`${lock} is held by another run; remove it if there is none`);
    await sleep(200);
  }
  try {
    work();
  } finally {
    rmdirSync(lock);
  }
}

function taken(): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    return false;
  }
}
