import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ExitCode, exitCodeOf } from '../../src/cli/exit-codes.js';
import { Stopped } from '../../src/cli/lifetime.js';
import * as errors from '../../src/core/errors.js';

const errno = (code: string, syscall = 'open') =>
  Object.assign(new Error(code), { code, syscall, errno: -1 });
const page = readFileSync(fileURLToPath(new URL('../../docs/exit-codes.md', import.meta.url)), 'utf8');

describe('exit codes', () => {
  test('every error class of the core has a code of its own', () => {
    const { MambaadError, ...classes } = errors;
    const codes = Object.values(classes).map((Failure) => exitCodeOf(new Failure('x')));
    expect(codes).not.toContain(ExitCode.unexpected);
    expect(new Set(codes).size).toBe(codes.length);
    expect(exitCodeOf(new MambaadError('x'))).toBe(ExitCode.unexpected);
  });

  test.each([
    ['a full disk', errno('ENOSPC', 'write'), 74],
    ['a missing file', errno('ENOENT'), 66],
    ['a folder that cannot be made', errno('EACCES', 'mkdir'), 73],
    ['a read-only file system', errno('EROFS'), 73],
    ['a refused connection', errno('ECONNREFUSED', 'connect'), 1],
    ['a bug', new TypeError('x is undefined'), 1],
    ['a thrown string', 'x', 1],
    ['a stop', new Stopped(130, 'interrupted'), 130],
    ["oclif's exit", Object.assign(new Error('EEXIT: 7'), { code: 'EEXIT', oclif: { exit: 7 } }), 7],
    ["oclif's complaint", Object.assign(new Error('Nonexistent flag'), { oclif: { exit: 2 } }), 2],
  ])('%s', (_, error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });

  test('the page for users lists exactly these', () => {
    const listed = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(listed).toEqual(Object.values(ExitCode));
    for (const name of Object.keys(errors))
      if (name !== 'MambaadError') expect(page).toContain(`\`${name}\``);
  });
});
