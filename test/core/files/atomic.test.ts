import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { IoError, OutputError } from '../../../src/core/errors.js';
import {
  isTemporaryName,
  removeAbandonedTemporaries,
  temporarySibling,
  writeAtomically,
  writeFileAtomically,
  writeFully,
} from '../../../src/core/files/atomic.js';
import { compiledCore } from './compiled.js';

let folder: string;
let target: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'atomic-'));
  target = join(folder, 'model.bin');
  await fs.writeFile(target, 'old');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await fs.rm(folder, { recursive: true });
});

const failure = (code: string) => Object.assign(new Error(code), { code });

/** Lets the n-th of the calls that an atomic write makes fail; returns the calls in order. */
function failAt(n: number, code: string): string[] {
  const calls: string[] = [];
  const step = (name: string) => {
    calls.push(name);
    if (calls.length === n) throw failure(code);
  };
  const { open, rename } = { open: fs.open, rename: fs.rename };
  vi.spyOn(fs, 'open').mockImplementation(async (path, flags, mode) => {
    const kind = flags === 'r' ? 'folder' : 'file';
    step(`open ${kind}`);
    const handle = await open(path, flags, mode);
    const { write, sync } = { write: handle.write.bind(handle), sync: handle.sync.bind(handle) };
    handle.write = (async (...args: Parameters<FileHandle['write']>) => {
      step(`write ${kind}`);
      return write(...args);
    }) as FileHandle['write'];
    handle.sync = async () => {
      step(`sync ${kind}`);
      return sync();
    };
    return handle;
  });
  vi.spyOn(fs, 'rename').mockImplementation(async (from, to) => {
    step('rename');
    return rename(from, to);
  });
  return calls;
}

describe('an atomic write', () => {
  test('syncs the file, renames it, then syncs the folder', async () => {
    const calls = failAt(0, 'none');
    await writeFileAtomically(target, 'new');
    expect(calls).toEqual(['open file', 'write file', 'sync file', 'rename', 'open folder', 'sync folder']);
    expect(await fs.readFile(target, 'utf8')).toBe('new');
    expect(await fs.readdir(folder)).toEqual(['model.bin']);
  });

  const steps = [1, 2, 3, 4, 5, 6];
  const codes = ['ENOSPC', 'EIO', 'EACCES'];
  test.each(steps.flatMap((step) => codes.map((code) => [step, code] as const)))(
    'failing at call %i with %s leaves the old file or the whole new one, no litter, and says why',
    async (step, code) => {
      failAt(step, code);
      const error = (await writeFileAtomically(target, 'new').catch((e: unknown) => e)) as Error;
      expect(error).toBeInstanceOf(code === 'EACCES' ? OutputError : IoError);
      expect(error.message).toContain(target);
      if (code === 'ENOSPC') expect(error.message).toContain('3 bytes needed');
      expect(await fs.readFile(target, 'utf8')).toBe(step <= 4 ? 'old' : 'new');
      expect(await fs.readdir(folder)).toEqual(['model.bin']);
    },
  );

  test('keeps the old file when its content cannot be made, and passes the reason on', async () => {
    const make = writeAtomically(target, async (file) => {
      await writeFully(file, Buffer.from('half'));
      throw new Error('no more rows');
    });
    await expect(make).rejects.toThrow(/no more rows/);
    expect(await fs.readFile(target, 'utf8')).toBe('old');
    expect(await fs.readdir(folder)).toEqual(['model.bin']);
  });

  test('into a missing folder is an output error on one line', async () => {
    const error = (await writeFileAtomically(join(folder, 'no\nsuch', 'x'), 'new').catch(
      (e: unknown) => e,
    )) as Error;
    expect(error).toBeInstanceOf(OutputError);
    expect(error.message).not.toContain('\n');
  });

  test.skipIf(process.getuid?.() === 0)(
    'into a folder without write permission is an output error',
    async () => {
      chmodSync(folder, 0o555);
      await expect(writeFileAtomically(target, 'new')).rejects.toThrow(OutputError);
      chmodSync(folder, 0o755);
    },
  );

  test.runIf(process.platform === 'linux')('to a full device says that the disk is full', async () => {
    const real = fs.open;
    vi.spyOn(fs, 'open').mockImplementationOnce(() => real('/dev/full', 'w'));
    await expect(writeFileAtomically(target, 'new')).rejects.toThrow(
      /disk is full \(ENOSPC\), 3 bytes needed/,
    );
    expect(await fs.readFile(target, 'utf8')).toBe('old');
  });
});

test('temporary names are recognised, and those of dead writers removed', async () => {
  const mine = temporarySibling(target);
  expect(isTemporaryName(mine.slice(folder.length + 1))).toBe(true);
  expect(isTemporaryName('model.bin')).toBe(false);
  await fs.writeFile(mine, '');
  const dead = `.x.mambaad-tmp-${await deadPid()}-0123456789ab`;
  await fs.mkdir(join(folder, dead));
  expect(await removeAbandonedTemporaries(folder)).toEqual([dead]);
  expect((await fs.readdir(folder)).sort()).toEqual([mine.slice(folder.length + 1), 'model.bin'].sort());
});

test('killed at any instant, a writer leaves one of its whole versions', async () => {
  const module = join(compiledCore('files'), 'files', 'atomic.js');
  const script = `
    import { writeFileAtomically } from ${JSON.stringify(module)};
    console.log('ready');
    for (let n = 0; ; n++) await writeFileAtomically(process.argv[1], String(n % 10).repeat(200_000));`;
  for (let round = 0; round < 12; round++) {
    await fs.writeFile(target, '0'.repeat(200_000));
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, target]);
    await started(child);
    await new Promise((done) => setTimeout(done, 3 + round * 4));
    child.kill('SIGKILL');
    await ended(child);
    expect(await fs.readFile(target, 'utf8')).toMatch(/^(\d)\1{199999}$/);
  }
  await removeAbandonedTemporaries(folder);
  expect(await fs.readdir(folder)).toEqual(['model.bin']);
});

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout!.once('data', () => resolve());
    child.stderr!.once('data', (text) => reject(new Error(String(text))));
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('close', () => resolve()));
}

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await ended(child);
  return child.pid!;
}
