import type { Stats } from 'node:fs';
import fs from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { OutputError, UsageError } from '../errors.js';
import { temporarySibling } from './atomic.js';
import { errnoOf, outputFailure, shown } from './file-errors.js';

// Whether something can be written is asked before hours of work and not after them. Nothing is left behind: folders that
// are missing are made by whoever writes.

/**
 * Checks that a file can be put at `path`, in a folder that may still have to be made.
 *
 * @param flag what named it, for an empty name
 * @throws OutputError when a folder or a device lies there, or nothing can be created; IoError on a full disk
 */
export async function checkOutputFile(path: string, flag: string): Promise<void> {
  checkOutputName(path, flag);
  const found = await statOf(path);
  if (found?.isDirectory() || /[\\/]$/.test(path))
    throw new OutputError(`${shown(path)}: is a folder, expected a file to write; add a file name`);
  if (found && !found.isFile())
    throw new OutputError(`${shown(path)}: is no regular file and is not replaced; give another name`);
  await tryOut(dirname(resolve(path)), path, basename(resolve(path)));
}

/** Checks that files can be put into the folder `path`, which may still have to be made. Errors as `checkOutputFile`. */
export async function checkOutputFolder(path: string, flag: string): Promise<void> {
  checkOutputName(path, flag);
  await tryOut(resolve(path), path);
}

/** Makes the folder that a file goes into. @throws OutputError, IoError */
export async function makeFolderOf(path: string): Promise<void> {
  await fs.mkdir(dirname(resolve(path)), { recursive: true }).catch((error: unknown) => {
    throw outputFailure(path, error);
  });
}

/** @throws UsageError for an empty name */
export function checkOutputName(path: string, flag: string): void {
  if (path.trim() === '') throw new UsageError(`${flag} "${shown(path)}": expected a name`);
}

/**
 * Creates a file in the nearest folder there is and removes it: rights alone do not say it for root, nor for /proc.
 *
 * @param path what messages name
 * @param name what will be made in the folder: some are too long
 */
export async function tryOut(folder: string, path: string, name = 'trial'): Promise<void> {
  let place = folder;
  let found = await statOf(place, path);
  while (!found && dirname(place) !== place) {
    place = dirname(place);
    found = await statOf(place, path);
  }
  if (!found?.isDirectory()) {
    const what =
      place === resolve(path)
        ? 'is a file, expected a folder'
        : `cannot be created, because ${shown(basename(place))} on the way there is a file`;
    throw new OutputError(`${shown(path)}: ${what}; choose another name`);
  }
  const trial = temporarySibling(join(place, name));
  try {
    await (await fs.open(trial, 'wx')).close();
  } catch (error) {
    throw outputFailure(path, error);
  } finally {
    await fs.rm(trial, { force: true }).catch(() => {});
  }
}

/** Undefined for what is not there; a link that leads nowhere counts as that. */
async function statOf(place: string, path = place): Promise<Stats | undefined> {
  try {
    return await fs.stat(place);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw outputFailure(path, error);
  }
}
