import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DataError, InputMissingError, IoError } from '../../../src/core/errors.js';
import { readGivenText } from '../../../src/core/files/given-file.js';
import {
  openRegular,
  openRegularSync,
  readRange,
  readRegular,
} from '../../../src/core/files/regular-file.js';
import { mambaad } from '../../process.js';

const folder = mkdtempSync(join(tmpdir(), 'regular-file-'));
const at = (name: string) => join(folder, name);
const socket = createServer();

beforeAll(async () => {
  writeFileSync(at('file'), 'twelve bytes');
  execFileSync('mkfifo', [at('pipe')]);
  symlinkSync(at('pipe'), at('link-to-pipe'));
  symlinkSync(at('file'), at('link-to-file'));
  symlinkSync(at('loop'), at('loop'));
  mkdirSync(at('folder'));
  writeFileSync(at('huge'), '');
  truncateSync(at('huge'), 100e9);
  await new Promise<void>((resolve) => socket.listen(at('socket'), resolve));
});
afterAll(() => {
  socket.close();
  rmSync(folder, { recursive: true });
});

describe.skipIf(process.platform === 'win32')('a file that input names', () => {
  test.each([
    ['a pipe that nobody writes to', 'pipe', 'a pipe, not a regular file'],
    ['a link to such a pipe', 'link-to-pipe', 'a pipe, not a regular file'],
    ['a folder', 'folder', 'a folder, not a regular file'],
    ['a socket', 'socket', 'a socket or device, not a regular file'],
    ['a device without an end', '/dev/zero', 'a device, not a regular file'],
    ['a device that waits', '/dev/random', 'a device, not a regular file'],
    ['a name that no file can have', 'a\0b', 'the path holds a NUL character'],
  ])('is refused at once when it is %s', async (_, name, reason) => {
    const path = name.startsWith('/') ? name : at(name);
    await expect(readRegular(path)).rejects.toThrow(DataError);
    await expect(readRegular(path, { expected: 'a mask' })).rejects.toThrow(reason);
    await expect(openRegular(path)).rejects.toThrow(reason);
    expect(() => openRegularSync(path)).toThrow(reason);
    expect(() => openRegularSync(path)).toThrow(DataError);
  });

  test('is missing when it does not exist or is a loop of links', async () => {
    await expect(readRegular(at('absent'))).rejects.toThrow(InputMissingError);
    await expect(readRegular(at('loop'))).rejects.toThrow(InputMissingError);
    expect(() => openRegularSync(at('absent'))).toThrow(InputMissingError);
  });

  test('is refused by its size before it is read', async () => {
    await expect(readRegular(at('huge'))).rejects.toThrow('100000000000 bytes, at most 2147483648 are read');
    await expect(readRegular(at('file'), { limit: 11 })).rejects.toThrow('12 bytes, at most 11 are read');
    await expect(readRegular(at('file'), { limit: 12 })).resolves.toHaveLength(12);
  });

  test('is read through a link, and by a name that is not UTF-8', async () => {
    expect((await readRegular(at('link-to-file'))).toString()).toBe('twelve bytes');
    const name = Buffer.concat([Buffer.from(`${folder}/`), Buffer.of(0xff, 0x41)]);
    writeFileSync(name, 'odd');
    expect((await readRegular(name)).toString()).toBe('odd');
    const descriptor = openRegularSync(at('file'));
    closeSync(descriptor);
  });

  test('that becomes shorter meanwhile is an error and no loop', async () => {
    const file = await openRegular(at('file'));
    await expect(readRange(file, 8, 20, at('file'))).rejects.toThrow(IoError);
    await file.close();
  });
});

describe('a file named on the command line', () => {
  const text = (path: string, limit = 100) => readGivenText(path, { expected: 'lines', limit });

  test('is read like any other, and a named pipe refused', async () => {
    expect(await text(at('file'))).toBe('twelve bytes');
    await expect(text(at('pipe'))).rejects.toThrow('a pipe, not a regular file');
    await expect(text('/dev/fd/9999')).rejects.toThrow(InputMissingError);
    await expect(text(at('huge'))).rejects.toThrow('at most 100 are read');
  });
});

test.skipIf(process.platform === 'win32')(
  'SIGTERM ends a command that waits for a pipe of the shell',
  async () => {
    // More than a pipe holds has been taken from it once the writer speaks.
    const writer = 'head -c 200000 /dev/zero | tr "\\0" " "; echo taken >&2; exec sleep 20 2>&-';
    const script = `exec "$0" "$1" metrics -q --baseline <(${writer}) < "$2"`;
    const scores = fileURLToPath(new URL('../../cases/scores.ndjson', import.meta.url));
    const child = spawn('bash', ['-c', script, process.execPath, mambaad, scores]);
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => child.stderr.once('data', resolve));
    child.kill('SIGTERM');
    expect([143, null]).toContain(await ended);
    expect([null, 'SIGTERM']).toContain(child.signalCode);
  },
);
