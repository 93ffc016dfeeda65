import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../errors.js';
import { temporarySibling, writeFileAtomically } from '../files/atomic.js';
import { errnoOf, outputFailure, shown } from '../files/file-errors.js';
import { acquireLock, type Lock } from '../files/lock.js';
import { publishDirectory } from '../files/publish-directory.js';
import { readRegularText } from '../files/regular-file.js';

// A store is a folder of model folders named by their hash, and a pointer to the one in use. Models in it are never
// changed, so a reader that has followed the pointer once has a whole model, whatever is published meanwhile.
const pointerName = 'CURRENT';
const modelName = /^[0-9a-f]{16}$/;

/**
 * The hash that a store's pointer names; undefined when the folder is no store (or an empty one).
 *
 * @throws DataError when the pointer holds anything but a model's hash
 */
export async function currentModel(store: string): Promise<string | undefined> {
  const path = join(store, pointerName);
  let text: string;
  try {
    text = await readRegularText(path, { expected: "the hash of a store's current model", limit: 4096 });
  } catch (error) {
    if (error instanceof Error && ['ENOENT', 'ENOTDIR'].includes(errnoOf(error.cause) ?? ''))
      return undefined;
    throw error;
  }
  if (modelName.test(text.trim())) return text.trim();
  throw new DataError(
    `${shown(path)}: names no model; expected the 16 hex digits of one of the folders beside it`,
  );
}

/** The folder to open for a path that is a model folder or a store. Errors as `currentModel`. */
export async function followPointer(path: string): Promise<string> {
  const model = await currentModel(path);
  return model === undefined ? path : join(path, model);
}

/**
 * Makes the folder if need be, and keeps other publishers out until the lock is released.
 *
 * @throws LockedError when another process publishes into it; OutputError, IoError
 */
export async function lockStore(store: string): Promise<Lock> {
  await mkdir(store, { recursive: true }).catch((error: unknown) => {
    throw outputFailure(store, error);
  });
  return acquireLock(join(store, '.lock'));
}

/**
 * Moves a finished model folder into the store, points to it, and removes all but the newest `keep` models. Until the
 * pointer has been replaced, in one step, readers get the model before. Call it under the store's lock.
 *
 * @param candidate on the same file system
 * @param model its hash
 * @returns the model's folder in the store
 * @throws OutputError, IoError; the pointer is then as it was
 */
export async function publishToStore(
  candidate: string,
  store: string,
  model: string,
  keep: number,
): Promise<string> {
  const place = join(store, model);
  await publishDirectory(candidate, place);
  await writeFileAtomically(join(store, pointerName), `${model}\n`);
  await prune(store, model, keep);
  return place;
}

/** Models that stay are the one in use and those written last. */
async function prune(store: string, current: string, keep: number): Promise<void> {
  const names = (await readdir(store)).filter((name) => modelName.test(name) && name !== current);
  const dated = await Promise.all(
    names.map(async (name) => ({ name, written: await writtenAt(join(store, name)) })),
  );
  dated.sort((a, b) => b.written - a.written);
  for (const { name } of dated.slice(keep - 1)) {
    // Out of sight in one step: no reader finds half a model.
    const gone = temporarySibling(join(store, name));
    await rename(join(store, name), gone);
    await rm(gone, { recursive: true, force: true });
  }
}

async function writtenAt(folder: string): Promise<number> {
  const found = await stat(join(folder, 'model.json')).catch(() => null);
  return found?.mtimeMs ?? 0;
}
