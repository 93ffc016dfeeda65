import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import fs from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UnavailableError } from '../errors.js';
import type { NpmSource } from './catalogue.js';
import { checkSum } from './https-source.js';
import type { FetchOptions } from './progress.js';

/**
 * Fetches a package with the user's own npm, so that its registry, proxy and certificates apply.
 *
 * @param folder an empty folder to work in
 * @returns the tarball
 * @throws UnavailableError when npm is absent or cannot reach the registry
 * @throws DataError when the tarball is another one than the catalogue knows
 */
export async function fetchPackage(
  source: NpmSource,
  folder: string,
  { signal, onProgress }: FetchOptions,
): Promise<string> {
  onProgress?.({
    stage: 'download',
    what: `npm ${source.spec}`,
    ...(source.bytes !== undefined && { total: source.bytes }),
  });
  const file = await npmPack(source.spec, folder, signal);
  await checkSum(source, file);
  return file;
}

/**
 * Puts the tarball of a package into a folder that holds no other.
 *
 * @returns the tarball
 * @throws UnavailableError when npm is absent or cannot reach the registry
 */
export async function npmPack(
  spec: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  await runNpmPack(spec, folder, signal);
  const tarball = (await fs.readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (!tarball) throw new UnavailableError(`npm pack ${spec}: npm wrote no tarball`);
  return join(folder, tarball);
}

function runNpmPack(spec: string, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const [command, first] = npmCommand();
  const quiet = ['--ignore-scripts', '--loglevel=error', '--no-update-notifier'];
  const flags = ['pack', spec, '--pack-destination', folder, ...quiet];
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...flags, '--fetch-retries=1'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      // npm is a batch file there, which only a shell can start; nothing of the command line comes from outside.
      shell: process.platform === 'win32' && first.length === 0,
      env: npmEnvironment(folder),
      signal,
    });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    child.on('error', (error) => {
      if (signal?.aborted) reject(signal.reason);
      else reject(new UnavailableError(`npm cannot be started (${error.message})`, { cause: error }));
    });
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new UnavailableError(`npm pack ${spec}: ${firstError(complaint) || `exit code ${code}`}`));
    });
  });
}

/** npm keeps a cache under the home: where this user cannot write one, beside what it fetches. */
function npmEnvironment(folder: string): NodeJS.ProcessEnv {
  return homeIsWritable() ? process.env : { ...process.env, HOME: folder };
}

function homeIsWritable(): boolean {
  try {
    accessSync(homedir(), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The npm that started this process, else the one on the path. */
function npmCommand(): [command: string, args: string[]] {
  const running = process.env.npm_execpath;
  return running && /npm-cli\.c?js$/.test(running) ? [process.execPath, [running]] : ['npm', []];
}

function firstError(complaint: string): string {
  const lines = complaint.split('\n').filter((line) => line.startsWith('npm error'));
  const texts = lines.map((line) => line.replace(/^npm error( code)? ?/, '').trim()).filter((text) => text);
  return texts.slice(0, 2).join(': ');
}
