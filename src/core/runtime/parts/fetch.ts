import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as tar from 'tar';
import { DataError, UnavailableError } from '../../errors.js';
import { removeAbandonedTemporaries, temporarySibling } from '../../files/atomic.js';
import { inputFailure } from '../../files/file-errors.js';
import { fileHash } from '../../files/file-hash.js';
import { withLock } from '../../files/lock.js';
import { ownFolderFailure } from '../../home-folder.js';
import { dataFolder } from '../../weights/data-folder.js';
import { npmPack } from '../../weights/npm-source.js';
import type { FetchOptions } from '../../weights/progress.js';
import { makeFolder } from '../../weights/store.js';
import { folderOf, type NativePart } from './catalogue.js';

export interface PartOptions extends FetchOptions {
  readonly dir?: string | undefined;
  /** The package's tarball, where somebody has brought it; else the user's npm fetches it. */
  readonly tarball?: string | undefined;
  readonly platform?: NodeJS.Platform;
  readonly arch?: string;
}

/**
 * Puts what this platform needs of a part into the data folder. It comes from the user's own npm registry and is checked
 * against the sum that this product was tested with; nothing of the package is run.
 *
 * @returns the folder
 * @throws UnavailableError when there is nothing for this platform, or npm cannot reach the registry: says how to bring it
 * @throws DataError when the tarball is another one; OutputError, IoError, LockedError
 */
export async function fetchPart(part: NativePart, options: PartOptions = {}): Promise<string> {
  const { dir = dataFolder(), platform = process.platform, arch = process.arch } = options;
  if (!part.platforms.includes(`${platform}-${arch}`)) {
    throw new UnavailableError(`${part.package} has nothing for ${platform}-${arch}`);
  }
  const place = join(dir, 'parts', folderOf(part));
  await makeFolder(dirname(place));
  return withLock(`${place}.lock`, async () => {
    await removeAbandonedTemporaries(dirname(place));
    const staging = temporarySibling(place);
    await makeFolder(staging);
    try {
      const tarball = options.tarball ?? (await download(part, staging, options));
      await checkTarball(part, tarball);
      await unpack(part, tarball, staging, part.files(platform, arch));
      if (!options.tarball) await fs.rm(tarball);
      await fs.rm(place, { recursive: true, force: true });
      await fs.rename(staging, place);
    } catch (error) {
      throw error instanceof Error && 'errno' in error
        ? ownFolderFailure(place, error, 'set MAMBAAD_HOME')
        : error;
    } finally {
      await fs.rm(staging, { recursive: true, force: true });
    }
    return place;
  });
}

async function download(
  part: NativePart,
  folder: string,
  { signal, onProgress }: FetchOptions,
): Promise<string> {
  const spec = `${part.package}@${part.version}`;
  onProgress?.({ stage: 'download', what: `npm ${spec}` });
  const file = await npmPack(spec, folder, signal).catch((error: unknown) => {
    if (!(error instanceof UnavailableError)) throw error;
    throw new UnavailableError(
      `${error.message}. On a connected machine run "npm pack ${spec}", bring the file here and run "mambaad doctor --fix ${part.name} --from FILE"`,
      { cause: error },
    );
  });
  onProgress?.({ stage: 'unpack', what: basename(file) });
  return file;
}

async function checkTarball(part: NativePart, file: string): Promise<void> {
  let found: string;
  try {
    // A pipe or a device would be read for ever.
    if (!(await fs.stat(file)).isFile()) throw new DataError(`${file}: is no regular file`);
    found = await fileHash(file, 'sha512', 'base64');
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw inputFailure(file, error, `the tarball of ${part.package}@${part.version}`);
  }
  if (found === part.sha512) return;
  throw new DataError(
    `${basename(file)}: sha512 is ${found.slice(0, 12)}…, expected ${part.sha512.slice(0, 12)}…: not the ${part.package} ${part.version} of the public registry`,
  );
}

async function unpack(
  part: NativePart,
  file: string,
  folder: string,
  wanted: readonly string[],
): Promise<void> {
  // Paths in a tarball have slashes, on Windows too.
  const inside = [...wanted, 'package.json'].map((path) => `package/${path.replaceAll('\\', '/')}`);
  const isWanted = (path: string) => inside.some((start) => path === start || path.startsWith(`${start}/`));
  await tar.extract({ file, cwd: folder, strip: 1, strict: true, filter: isWanted });
  const missing = wanted.find((path) => !existsSync(join(folder, path)));
  if (missing) throw new DataError(`${basename(file)}: holds no ${missing} of ${part.package}`);
}
