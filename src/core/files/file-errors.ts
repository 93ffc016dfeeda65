import { DataError, InputMissingError, IoError, type MambaadError, OutputError } from '../errors.js';

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const refused = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'EEXIST',
  'ELOOP',
  'ENAMETOOLONG',
]);

/** The errno name of a failed file operation ("ENOENT"), or undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** A name fit for a one-line message: line breaks and other control characters are shown escaped. */
export function shown(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being escaped
  return path.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (c) => JSON.stringify(c).slice(1, -1));
}

/** Puts a failed write into a person's words: full disk → IoError with the bytes needed, refused → OutputError. */
export function outputFailure(path: string, error: unknown, bytes?: number): MambaadError {
  const code = errnoOf(error);
  const need = bytes === undefined ? '' : `, ${bytes} bytes needed`;
  if (code && full.has(code)) {
    return new IoError(`${shown(path)}: the disk is full (${code})${need}; free some space and run again.`, {
      cause: error,
    });
  }
  if (code && refused.has(code)) {
    return new OutputError(
      `${shown(path)}: cannot be created (${code}); check that its folder exists and is writable.`,
      {
        cause: error,
      },
    );
  }
  return new IoError(`${shown(path)}: writing failed (${code ?? String(error)})${need}.`, { cause: error });
}

/** Puts a failed read into a person's words: absent or refused → InputMissingError, a path that cannot be one → DataError, anything else → IoError. */
export function inputFailure(path: string, error: unknown, expected = 'a readable file'): MambaadError {
  const code = errnoOf(error);
  if (path.includes('\0')) {
    return new DataError(
      `${shown(path)}: the path holds a NUL character, which no file name can; expected ${expected}.`,
    );
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new InputMissingError(`${shown(path)}: does not exist; expected ${expected}.`, { cause: error });
  }
  if (code && refused.has(code)) {
    return new InputMissingError(`${shown(path)}: cannot be opened (${code}); expected ${expected}.`, {
      cause: error,
    });
  }
  return new IoError(`${shown(path)}: reading failed (${code ?? String(error)}).`, { cause: error });
}
