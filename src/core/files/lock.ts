import { randomBytes } from 'node:crypto';
import { closeSync, readFileSync, rmSync } from 'node:fs';
import fs from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DataError, InputMissingError, LockedError, MambaadError } from '../errors.js';
import { temporarySibling } from './atomic.js';
import { errnoOf, outputFailure, shown } from './file-errors.js';
import { isGone, type ProcessIdentity, thisProcess } from './process-identity.js';
import { openRegularSync, readRegularText } from './regular-file.js';

interface Owner extends ProcessIdentity {
  readonly token: string;
  readonly since: string;
}

export interface Lock {
  readonly path: string;
  /** Gives the lock up; a second call does nothing. */
  release(): Promise<void>;
}

// A tombstone must outlive every process that read the dead owner's file just before it was broken.
const tombstoneLife = 3_600_000;

/**
 * Takes an inter-process lock: a folder at `path` holding owner.json, which appears with its content in one rename
 * (atomic on network file systems too), so a lock without owner cannot exist. A lock whose owner is certainly gone
 * (same host; other boot, dead pid or reused pid) is broken. Nothing has to be refreshed, so a busy event loop cannot lose it.
 *
 * @throws LockedError when another process holds it; OutputError, IoError when it cannot be created
 */
export async function acquireLock(path: string): Promise<Lock> {
  const token = randomBytes(8).toString('hex');
  try {
    for (let attempt = 0; attempt < 20; attempt++) {
      if (await claim(path, token)) return held(path, token);
      const owner = await readOwner(path);
      if (owner === undefined) continue; // given up between our two looks
      if (!isGone(owner)) throw lockedBy(path, owner);
      await bury(path, owner);
    }
  } catch (error) {
    throw error instanceof MambaadError ? error : outputFailure(path, error);
  }
  throw new LockedError(`${shown(path)}: contended by several processes; try again later.`);
}

/** Runs `work` under the lock and gives it up afterwards, whatever happens. Errors as `acquireLock`. */
export async function withLock<R>(path: string, work: () => Promise<R>): Promise<R> {
  const lock = await acquireLock(path);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function claim(path: string, token: string): Promise<boolean> {
  const temporary = temporarySibling(path);
  const owner: Owner = { ...thisProcess(), token, since: new Date().toISOString() };
  await fs.mkdir(temporary);
  try {
    await fs.writeFile(join(temporary, 'owner.json'), `${JSON.stringify(owner)}\n`);
    await fs.rename(temporary, path);
    return true;
  } catch (error) {
    await fs.rm(temporary, { recursive: true, force: true });
    // The lock was there at that moment, even if it is gone by now: the caller looks again.
    if (['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) return false;
    // Windows answers EPERM where others say that the folder is not empty.
    if (errnoOf(error) === 'EPERM' && (await exists(path))) return false;
    throw error;
  }
}

function held(path: string, token: string): Lock {
  const releaseAtExit = () => {
    if (parseOwner(readOwnerSync(path))?.token === token) rmSync(path, { recursive: true, force: true });
  };
  process.once('exit', releaseAtExit);
  return {
    path,
    release: async () => {
      process.removeListener('exit', releaseAtExit);
      if ((await readOwner(path))?.token !== token) return;
      const gone = temporarySibling(path);
      await fs.rename(path, gone); // removed in one step, so nobody meets a lock without owner
      await fs.rm(gone, { recursive: true, force: true });
    },
  };
}

/**
 * Moves a dead owner's lock to a name made of its token. The name stays occupied for a while: a second process that
 * judged the same owner dead, and comes late, then cannot move the new owner's lock away.
 */
async function bury(path: string, owner: Owner): Promise<void> {
  const folder = dirname(resolve(path));
  const prefix = `.${basename(path)}.mambaad-stale-`;
  try {
    await fs.rename(path, join(folder, prefix + owner.token));
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
  }
  for (const name of await fs.readdir(folder)) {
    if (!name.startsWith(prefix) || name.endsWith(owner.token)) continue;
    const stale = await fs.stat(join(folder, name)).catch(() => null); // another process may clear up too
    if (stale && Date.now() - stale.ctimeMs > tombstoneLife)
      await fs.rm(join(folder, name), { recursive: true, force: true });
  }
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const text = await readRegularText(join(path, 'owner.json'), { limit: 1 << 16 });
    return parseOwner(text) ?? unreadable(path);
  } catch (error) {
    if (error instanceof InputMissingError && !(await exists(path))) return undefined;
    if (error instanceof InputMissingError || error instanceof DataError) return unreadable(path);
    throw error;
  }
}

function readOwnerSync(path: string): string {
  try {
    const descriptor = openRegularSync(join(path, 'owner.json'));
    try {
      return readFileSync(descriptor, 'utf8');
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<Owner>;
    const complete =
      Number.isInteger(owner.pid) &&
      typeof owner.host === 'string' &&
      /^[0-9a-f]{16}$/.test(owner.token ?? '');
    return complete ? (owner as Owner) : undefined;
  } catch {
    return undefined;
  }
}

function unreadable(path: string): never {
  throw new LockedError(
    `${shown(path)}: is locked, and its owner.json is missing or damaged; remove the folder when no mambaad runs.`,
  );
}

function lockedBy(path: string, owner: Owner): LockedError {
  const who = `process ${owner.pid} on ${shown(owner.host)} since ${shown(String(owner.since))}`;
  return new LockedError(`${shown(path)}: locked by ${who}; wait for it to end, then run again.`);
}

async function exists(path: string): Promise<boolean> {
  return fs.stat(path).then(
    () => true,
    () => false,
  );
}
