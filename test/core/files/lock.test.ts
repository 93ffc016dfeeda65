import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LockedError, OutputError } from '../../../src/core/errors.js';
import { acquireLock, withLock } from '../../../src/core/files/lock.js';
import { thisProcess } from '../../../src/core/files/process-identity.js';
import { compiledCore } from './compiled.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  path = join(folder, 'models.lock');
});
afterEach(() => rm(folder, { recursive: true }));

const linux = process.platform === 'linux';

async function lockOf(owner: object): Promise<void> {
  await mkdir(path);
  await writeFile(
    join(path, 'owner.json'),
    JSON.stringify({ token: '0123456789abcdef', since: 'then', ...owner }),
  );
}

describe('a lock', () => {
  test('names its owner while held, and is gone when given up', async () => {
    const lock = await acquireLock(path);
    expect(JSON.parse(await readFile(join(path, 'owner.json'), 'utf8'))).toMatchObject(thisProcess());
    await lock.release();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('held by a living process is refused with its pid and host', async () => {
    const lock = await acquireLock(path);
    await expect(acquireLock(path)).rejects.toThrow(LockedError);
    await expect(acquireLock(path)).rejects.toThrow(`process ${process.pid} on ${hostname()}`);
    await lock.release();
    await (await acquireLock(path)).release();
  });

  test.runIf(linux)('of a dead process is broken', async () => {
    await lockOf({ ...thisProcess(), pid: 4_194_305 });
    const lock = await acquireLock(path);
    await lock.release();
  });

  test.runIf(linux)('of a pid that now belongs to another process is broken', async () => {
    await lockOf({ ...thisProcess(), started: '1' });
    await (await acquireLock(path)).release();
  });

  test.runIf(linux)('of before the last boot is broken', async () => {
    await lockOf({ ...thisProcess(), boot: '00000000-0000-0000-0000-000000000000' });
    await (await acquireLock(path)).release();
  });

  test('of another host is never broken', async () => {
    await lockOf({ pid: 4_194_305, host: 'elsewhere' });
    await expect(acquireLock(path)).rejects.toThrow(/on elsewhere/);
  });

  test('with a damaged owner is not broken, and says what to do', async () => {
    await mkdir(path);
    await writeFile(join(path, 'owner.json'), '{"pid":');
    await expect(acquireLock(path)).rejects.toThrow(/remove the folder/);
  });

  test.skipIf(process.platform === 'win32')('whose owner is a pipe is refused, not waited for', async () => {
    await mkdir(path);
    execFileSync('mkfifo', [join(path, 'owner.json')]);
    await expect(acquireLock(path)).rejects.toThrow(LockedError);
  });

  test('is given up when the work under it fails', async () => {
    await expect(withLock(path, () => Promise.reject(new Error('broke')))).rejects.toThrow('broke');
    await (await acquireLock(path)).release();
  });

  test('in a missing folder is an output error', async () => {
    await expect(acquireLock(join(folder, 'none', 'x.lock'))).rejects.toThrow(OutputError);
  });

  test('that comes back after it was broken is not taken from its new owner', async () => {
    await lockOf({ ...thisProcess(), pid: 4_194_305 });
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLock(path)));
    expect(attempts.filter((attempt) => attempt.status === 'fulfilled')).toHaveLength(1);
  });
});

test('of processes that start together exactly one gets the lock; killed, it leaves it to the next', async () => {
  const module = join(compiledCore('files'), 'files', 'lock.js');
  const script = `
    import { acquireLock } from ${JSON.stringify(module)};
    await acquireLock(process.argv[1]).then(() => console.log('mine'), (e) => console.log(e.name));
    setTimeout(() => {}, 1e9);`;
  for (let round = 0; round < 2; round++) {
    const children = Array.from({ length: 3 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script, path]),
    );
    const words = await Promise.all(
      children.map(
        (child) =>
          new Promise<string>((said) => child.stdout.once('data', (text) => said(String(text).trim()))),
      ),
    );
    expect(words.sort()).toEqual(['LockedError', 'LockedError', 'mine']);
    const over = children.map((child) => new Promise((done) => child.once('close', done)));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(over);
  }
});
