import { randomBytes } from 'node:crypto';
import fs, { type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MambaadError } from '../errors.js';
import { errnoOf, outputFailure } from './file-errors.js';
import { isRunning } from './process-identity.js';
import { removeAtExit } from './remove-at-exit.js';

const temporaryName = /^\.(.+)\.mambaad-tmp-(\d+)-[0-9a-f]{12}$/s;

/** A sibling of `target` that nobody else writes: same file system, hidden, and recognisable as ours. */
export function temporarySibling(target: string): string {
  const path = resolve(target);
  const unique = randomBytes(6).toString('hex');
  return join(dirname(path), `.${basename(path)}.mambaad-tmp-${process.pid}-${unique}`);
}

/** Whether a name is one of `temporarySibling`'s: never data, whatever it holds. */
export function isTemporaryName(name: string): boolean {
  return temporaryName.test(name);
}

/**
 * Writes a file so that readers see the old content or the whole new one, also after a power cut: temporary
 * sibling, fsync, rename, fsync of the folder.
 *
 * @param write fills the file; what it throws removes the temporary file and leaves the target as it was
 * @param bytes how much will be written, for the message of a full disk
 * @param durable false leaves the syncs out: for caches, which may lose entries in a power cut but notice it
 * @throws IoError on a full disk, OutputError when the place is not writable
 */
export async function writeAtomically(
  target: string,
  write: (file: FileHandle) => Promise<void>,
  bytes?: number,
  durable = true,
): Promise<void> {
  const temporary = temporarySibling(target);
  const settled = removeAtExit(temporary);
  try {
    const file = await fs.open(temporary, 'wx');
    try {
      await write(file);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(temporary, target);
    if (durable) await syncFolder(dirname(resolve(target)));
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => {});
    throw error instanceof MambaadError ? error : outputFailure(target, error, bytes);
  } finally {
    settled();
  }
}

/** `writeAtomically` for content that is already in memory. */
export async function writeFileAtomically(target: string, content: string | Uint8Array): Promise<void> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  await writeAtomically(target, (file) => writeFully(file, bytes), bytes.byteLength);
}

/** Writes all of `bytes` at the file's end: a single write call may take less, and refuses more than 2 GiB. */
export async function writeFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  const most = 1 << 30;
  for (let at = 0; at < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, at, Math.min(most, bytes.byteLength - at));
    at += bytesWritten;
  }
}

/** Makes a rename or a new name in the folder survive a power cut. Windows cannot sync folders: nothing is done there. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems refuse to sync a folder; the rename itself has happened.
    if (errnoOf(error) !== 'EINVAL' && errnoOf(error) !== 'ENOTSUP') throw error;
  } finally {
    await handle.close();
  }
}

/** Removes temporary files and folders in `folder` whose writer is no longer alive. Returns the names removed. */
export async function removeAbandonedTemporaries(folder: string): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await fs.readdir(folder)) {
    const writer = temporaryName.exec(name)?.[2];
    if (writer === undefined || isRunning(Number(writer))) continue;
    await fs.rm(join(folder, name), { recursive: true, force: true });
    removed.push(name);
  }
  return removed.sort();
}
