import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { DataError, MambaadError } from '../errors.js';
import { inputFailure, shown } from './file-errors.js';
import { type RegularFileOptions, readRegular } from './regular-file.js';

/** How shells name what they have opened themselves: `<(jq … old.ndjson)` becomes /dev/fd/63. */
const inherited = /^\/dev\/stdin$|^\/(dev|proc\/(self|\d+))\/fd\/\d+$/;

/**
 * The bytes of a file that a person named on the command line: a regular file, or the shell's process substitution. A
 * pipe with a name of its own is refused like everywhere, because nobody may ever write to it.
 *
 * @throws DataError, InputMissingError, IoError as `readRegular`
 */
export async function readGiven(path: string, options: RegularFileOptions): Promise<Buffer> {
  const pipe = inherited.test(path) ? openPipe(path) : undefined;
  return pipe ? readPipe(pipe, path, options) : readRegular(path, options);
}

/** `readGiven` as UTF-8 text. */
export async function readGivenText(path: string, options: RegularFileOptions): Promise<string> {
  return (await readGiven(path, options)).toString('utf8');
}

/** A socket rather than a file stream: its reads wait in the event loop, where signals are heard. */
function openPipe(path: string): Socket | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch {
    return undefined; // whoever opens it as a file says what is wrong
  }
  if (fstatSync(descriptor).isFIFO()) return new Socket({ fd: descriptor, readable: true, writable: false });
  closeSync(descriptor);
  return undefined;
}

async function readPipe(
  pipe: Socket,
  path: string,
  { expected, limit = 2 ** 31 }: RegularFileOptions,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of pipe as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > limit)
        throw new DataError(`${shown(path)}: more than ${limit} bytes; expected ${expected}.`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof MambaadError ? error : inputFailure(path, error, expected);
  } finally {
    pipe.destroy();
  }
  return Buffer.concat(chunks);
}
