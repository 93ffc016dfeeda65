import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import { DataError, IoError, MambaadError } from '../errors.js';
import { errnoOf, inputFailure, shown } from './file-errors.js';

// Opening a pipe waits for a writer, and nothing interrupts the wait, not even SIGTERM: so nothing is opened blocking. What
// was opened is looked at, not its name, which may mean another file a moment later. Windows has neither of the flags.
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/** Reading stops for signals between pieces of this size. */
const piece = 1 << 26;

/** What is read in one piece is at most this long, unless told otherwise. */
const defaultLimit = 2 ** 31;

export interface RegularFileOptions {
  /** For messages: "an image file". */
  readonly expected?: string;
  /** Bytes; a larger file is refused before anything is read. */
  readonly limit?: number;
  /** What messages call it, where that is not its path. */
  readonly name?: string;
}

/**
 * Opens a file that input names: a record, a manifest, a table, a flag. Close it when done.
 *
 * @throws DataError for a folder, pipe, socket or device, which could be read for ever; InputMissingError, IoError
 */
export async function openRegular(
  path: string | Buffer,
  expected = 'a file',
  name = String(path),
): Promise<FileHandle> {
  const file = await fs.open(path, flags).catch((error: unknown) => {
    throw openFailure(name, error, expected);
  });
  try {
    refuseOthers(await file.stat(), name, expected);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** `openRegular` for code that must not wait. @returns the descriptor; close it with `closeSync` */
export function openRegularSync(path: string, expected = 'a file'): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, flags);
  } catch (error) {
    throw openFailure(path, error, expected);
  }
  try {
    refuseOthers(fstatSync(descriptor), path, expected);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * The bytes that a file has when it is opened; what is appended meanwhile is left.
 *
 * @throws DataError as `openRegular`, and for a file beyond the limit; IoError when it becomes shorter
 */
export async function readRegular(
  path: string | Buffer,
  { expected = 'a file', limit = defaultLimit, name = String(path) }: RegularFileOptions = {},
): Promise<Buffer<ArrayBuffer>> {
  const file = await openRegular(path, expected, name);
  try {
    const { size } = await file.stat();
    if (size > limit)
      throw new DataError(`${shown(name)}: ${size} bytes, at most ${limit} are read; expected ${expected}.`);
    return Buffer.from((await readRange(file, 0, size, name)).buffer);
  } catch (error) {
    throw error instanceof MambaadError ? error : inputFailure(name, error, expected);
  } finally {
    await file.close();
  }
}

/** `readRegular` as UTF-8 text. */
export async function readRegularText(path: string | Buffer, options: RegularFileOptions): Promise<string> {
  return (await readRegular(path, options)).toString('utf8');
}

/**
 * Bytes of an open file, in memory of their own.
 *
 * @param path for messages
 * @throws IoError when the file ends before
 */
export async function readRange(
  file: FileHandle,
  position: number,
  length: number,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, Math.min(piece, length - at), position + at);
    if (bytesRead === 0)
      throw new IoError(`${shown(path)}: became shorter while it was read; write it anew and retry.`);
    at += bytesRead;
  }
  return bytes;
}

function refuseOthers(stat: Stats, name: string, expected: string): void {
  if (stat.isFile()) return;
  throw notRegular(name, kindOf(stat), expected);
}

function openFailure(name: string, error: unknown, expected: string): MambaadError {
  // How Linux and macOS refuse to open a socket, and a device that has no driver.
  if (['ENXIO', 'EOPNOTSUPP', 'ENODEV'].includes(errnoOf(error) ?? ''))
    return notRegular(name, 'a socket or device', expected);
  if (errnoOf(error) === 'EISDIR') return notRegular(name, 'a folder', expected);
  return inputFailure(name, error, expected);
}

function notRegular(name: string, kind: string, expected: string): DataError {
  return new DataError(`${shown(name)}: ${kind}, not a regular file; expected ${expected}.`);
}

function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return 'a folder';
  if (stat.isFIFO()) return 'a pipe';
  return stat.isSocket() ? 'a socket' : 'a device';
}
