import type { Stats } from 'node:fs';
import fs from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { IoError, MambaadError, OutputError } from '../errors.js';
import { removeAbandonedTemporaries, syncFolder, temporarySibling } from './atomic.js';
import { checkOutputName, tryOut } from './check-output.js';
import { errnoOf, outputFailure, shown } from './file-errors.js';
import { removeAtExit } from './remove-at-exit.js';

/**
 * An empty folder beside `target`, to be filled and then handed to `publishDirectory`. It goes with the process unless
 * it is published.
 */
export async function stagingFolder(target: string): Promise<string> {
  const place = await destination(target);
  const staging = temporarySibling(place);
  try {
    await fs.mkdir(dirname(place), { recursive: true });
    await removeAbandonedTemporaries(dirname(place));
    removeAtExit(staging);
    await fs.mkdir(staging);
  } catch (error) {
    throw outputFailure(target, error);
  }
  return staging;
}

/**
 * Makes a finished folder appear at `target` whole or not at all, durably. A folder that is already there is kept
 * until the swap, which is two renames: a crash between them leaves the old one as a hidden sibling that
 * `readPublished` finds and the next publication puts back. A failure leaves the old folder in place.
 *
 * @param marker a file that an existing target must hold, so that no foreign folder is ever replaced
 * @throws OutputError when the target is a file, a foreign folder or not writable; IoError on a full disk
 */
export async function publishDirectory(
  staging: string,
  target: string,
  marker = 'model.json',
): Promise<void> {
  try {
    const place = await destination(target);
    await syncTree(staging);
    await restore(place);
    await refuseForeign(place, marker, target);
    const old = await setAside(place);
    try {
      await fs.rename(staging, place);
    } catch (error) {
      if (old) await fs.rename(old, place);
      throw error;
    }
    await syncFolder(dirname(place));
    for (const name of await setAsideNames(place)) {
      await fs.rm(join(dirname(place), name), { recursive: true, force: true });
    }
  } catch (error) {
    throw error instanceof MambaadError ? error : outputFailure(target, error);
  }
}

/**
 * Checks, before the work that fills it, that a folder can be published at `target`: what is there may be replaced, and
 * its neighbours can be written.
 *
 * @param flag what named it, for an empty name
 * @throws OutputError, IoError as `publishDirectory` would; UsageError for an empty name
 */
export async function checkPublication(target: string, flag: string, marker = 'model.json'): Promise<void> {
  checkOutputName(target, flag);
  const place = await destination(target);
  await refuseForeign(place, marker, target);
  await tryOut(dirname(place), target, basename(place));
}

/**
 * Runs `read` on a published folder so that it never sees parts of two publications: when the folder was swapped
 * meanwhile, the reading is repeated; when a publisher died between its two renames, the old folder is read.
 *
 * @param read gets the folder to read from; it must not keep the path
 * @throws what `read` throws while the folder stays the same
 */
export async function readPublished<R>(target: string, read: (folder: string) => Promise<R>): Promise<R> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const folder = await currentFolder(target, attempt);
    const before = await identity(folder);
    try {
      const result = await read(folder);
      if (before !== undefined && before === (await identity(folder))) return result;
    } catch (error) {
      const absent = before === undefined && attempt >= 5; // a swap takes far less than five looks
      if (absent || (before !== undefined && before === (await identity(folder)))) throw error;
    }
    await delay(Math.min(attempt, 10));
  }
  throw new IoError(`${shown(target)}: is replaced faster than it can be read; try again later.`);
}

async function currentFolder(target: string, attempt: number): Promise<string> {
  const place = await destination(target);
  if (attempt < 3 || (await identity(place)) !== undefined) return place;
  const old = (await setAsideNames(place)).at(-1);
  return old === undefined ? place : join(dirname(place), old);
}

/** Symbolic links are followed: publishing to a link replaces the folder that it names, not the link. */
async function destination(target: string): Promise<string> {
  return fs.realpath(target).catch(() => resolve(target));
}

async function identity(folder: string): Promise<string | undefined> {
  try {
    const { ino, birthtimeNs } = await fs.stat(folder, { bigint: true });
    return `${ino}-${birthtimeNs}`;
  } catch {
    return undefined;
  }
}

async function refuseForeign(place: string, marker: string, target: string): Promise<void> {
  let stat: Stats;
  try {
    stat = await fs.stat(place);
  } catch {
    return;
  }
  if (!stat.isDirectory())
    throw new OutputError(`${shown(target)}: is a file, expected a folder or nothing; choose another name.`);
  const names = await fs.readdir(place);
  if (names.length > 0 && !names.includes(marker)) {
    throw new OutputError(
      `${shown(target)}: holds other files and no ${marker}, so it is not replaced; choose another name or empty it.`,
    );
  }
  if (names.includes('model.json') && marker === 'model.json' && (await isOthers(join(place, marker)))) {
    throw new OutputError(
      `${shown(target)}: its model.json is another program's, so it is not replaced; choose another name or empty it.`,
    );
  }
}

/** TensorFlow.js, for one, calls its files like that too. A damaged file of ours says nothing of itself any more. */
async function isOthers(manifest: string): Promise<boolean> {
  try {
    const found: unknown = JSON.parse(await fs.readFile(manifest, 'utf8'));
    return typeof found === 'object' && (found as { format?: unknown } | null)?.format !== 'mambaad-model';
  } catch {
    return false;
  }
}

const asideName = (place: string) => `.${basename(place)}.mambaad-old-`;

async function setAside(place: string): Promise<string | undefined> {
  const aside = join(
    dirname(place),
    `${asideName(place)}${String(Date.now()).padStart(15, '0')}-${process.pid}`,
  );
  try {
    await fs.rename(place, aside);
    return aside;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Names of folders set aside by publications that did not finish, oldest first. */
async function setAsideNames(place: string): Promise<string[]> {
  const names = await fs.readdir(dirname(place)).catch(() => [] as string[]);
  return names.filter((name) => name.startsWith(asideName(place))).sort();
}

async function restore(place: string): Promise<void> {
  const last = (await setAsideNames(place)).at(-1);
  if (last !== undefined && (await identity(place)) === undefined)
    await fs.rename(join(dirname(place), last), place);
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await syncFile(path);
  }
  await syncFolder(folder);
}

async function syncFile(path: string): Promise<void> {
  const file = await fs.open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
