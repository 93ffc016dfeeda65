import { posix } from 'node:path';
import { createGunzip } from 'node:zlib';
import * as tar from 'tar';
import { DataError, MambaadError } from '../errors.js';
import { shown } from '../files/file-errors.js';
import { openRegular } from '../files/regular-file.js';

/** What a package may hold at most: ten times what the largest known one does. */
export interface ArchiveLimits {
  readonly entries: number;
  /** Bytes of one file. */
  readonly file: number;
  /** Bytes of the unpacked archive, headers and padding included. */
  readonly total: number;
}

export const archiveLimits: ArchiveLimits = { entries: 10_000, file: 1 << 29, total: 2 ** 30 };

/** Of an entry's extended header, which holds little more than a long name. */
const headerLimit = 1 << 16;

/**
 * The files of one folder of an npm tarball, in memory: nothing is unpacked to disk, so nothing can lie in the way, be
 * linked elsewhere or be left behind. Entries, sizes and kinds are checked as they come, before their bytes are kept.
 *
 * @param folder its path inside the archive, such as "package/model"
 * @returns the files by their paths relative to the folder
 * @throws DataError for an archive that is damaged, beyond the limits, or holds links, devices or names that lead out
 */
export async function readPackageFolder(
  tarball: string,
  folder: string,
  limits: ArchiveLimits = archiveLimits,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Buffer[]>();
  const file = await openRegular(tarball, 'an npm tarball');
  const guard = new ArchiveGuard(tarball, limits);
  const parser = new tar.Parser({
    strict: true,
    maxMetaEntrySize: headerLimit,
    filter: (path, entry) => guard.admit(path, entry as tar.ReadEntry) && path.startsWith(`${folder}/`),
    onReadEntry: (entry) => {
      const chunks: Buffer[] = [];
      files.set(posix.relative(folder, entry.path), chunks);
      entry.on('data', (chunk) => chunks.push(chunk));
    },
  });
  parser.on('meta', () => guard.countEntry());
  const packed = file.createReadStream();
  const unpacked = packed.pipe(createGunzip());
  packed.on('error', (error) => unpacked.destroy(error));
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      guard.countBytes(chunk);
      parser.write(chunk);
    }
    parser.end();
  } catch (error) {
    if (error instanceof MambaadError) throw error;
    throw new DataError(`${shown(tarball)}: cannot be unpacked (${(error as Error).message})`, {
      cause: error,
    });
  } finally {
    packed.destroy();
  }
  return new Map([...files].map(([name, chunks]) => [name, Buffer.concat(chunks)]));
}

/** Counts what an archive claims and brings. */
class ArchiveGuard {
  private entries = 0;
  private bytes = 0;
  private readonly names = new Set<string>();

  constructor(
    private readonly tarball: string,
    private readonly limits: ArchiveLimits,
  ) {}

  /** Whether the entry is a file; folders are passed over. */
  admit(path: string, { type, size }: Pick<tar.ReadEntry, 'type' | 'size'>): boolean {
    this.countEntry();
    if (path.startsWith('/') || /(^|\/)\.\.(\/|$)|[\\\0]/.test(path))
      throw this.refusal(`${shown(path)} leads out of the archive`);
    if (type === 'Directory') return false;
    if (type !== 'File' && type !== 'OldFile' && type !== 'ContiguousFile')
      throw this.refusal(`${shown(path)} is a ${type}; only files and folders are read`);
    if (size > this.limits.file)
      throw this.refusal(`${shown(path)} has ${size} bytes, at most ${this.limits.file} are read`);
    const name = posix.normalize(path);
    if (this.names.has(name)) throw this.refusal(`${shown(path)} is in it twice`);
    this.names.add(name);
    return true;
  }

  countEntry(): void {
    if (++this.entries > this.limits.entries)
      throw this.refusal(`it holds more than ${this.limits.entries} entries`);
  }

  countBytes(chunk: Buffer): void {
    // The parser would unpack an archive in an archive, past this count.
    const compressed = this.bytes === 0 && /^(1f8b|28b52ffd)/.test(chunk.toString('hex', 0, 4));
    if (compressed) throw this.refusal('it is compressed twice');
    this.bytes += chunk.byteLength;
    if (this.bytes > this.limits.total)
      throw this.refusal(`it unpacks to more than ${this.limits.total} bytes`);
  }

  private refusal(what: string): DataError {
    return new DataError(`${shown(this.tarball)}: ${what}; expected the npm tarball of a model`);
  }
}
