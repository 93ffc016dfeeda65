import {
  ConfigError,
  DataError,
  GateFailed,
  InputMissingError,
  IoError,
  LockedError,
  OutputError,
  UnavailableError,
  UsageError,
} from '../core/errors.js';
import { Stopped } from './lifetime.js';

/** What the shell sees; docs/exit-codes.md is the users' copy. 65 and up follow BSD's sysexits.h. */
export const ExitCode = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  gateFailed: 3,
  skipped: 4,
  data: 65,
  inputMissing: 66,
  unavailable: 69,
  output: 73,
  io: 74,
  locked: 75,
  config: 78,
  interrupted: 130,
  terminated: 143,
} as const;

const byClass = [
  [UsageError, ExitCode.usage],
  [GateFailed, ExitCode.gateFailed],
  [DataError, ExitCode.data],
  [InputMissingError, ExitCode.inputMissing],
  [UnavailableError, ExitCode.unavailable],
  [OutputError, ExitCode.output],
  [IoError, ExitCode.io],
  [LockedError, ExitCode.locked],
  [ConfigError, ExitCode.config],
] as const;

const creating = new Set(['mkdir', 'rename', 'link', 'symlink', 'copyfile', 'mkdtemp', 'unlink', 'rmdir']);

/** Errors of the file system that no module turned into a typed one. */
function ofErrno({ code, syscall }: NodeJS.ErrnoException): number {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EIO':
    case 'EFBIG':
      return ExitCode.io;
    case 'EROFS':
      return ExitCode.output;
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EISDIR':
    case 'EACCES':
    case 'EPERM':
      return creating.has(syscall ?? '') ? ExitCode.output : ExitCode.inputMissing;
    default:
      return ExitCode.unexpected;
  }
}

interface OclifError extends Error {
  code?: string;
  oclif: { exit?: number };
}

function isOclif(error: Error): error is OclifError {
  return 'oclif' in error;
}

/** The exit code of a failure; 1 for whatever nobody foresaw. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof Error)) return ExitCode.unexpected;
  if (error instanceof Stopped) return error.exitCode;
  for (const [type, code] of byClass) if (error instanceof type) return code;
  // oclif itself throws for two reasons: `this.exit(n)`, and a command line that it cannot parse.
  if (isOclif(error)) return error.code === 'EEXIT' ? (error.oclif.exit ?? 0) : ExitCode.usage;
  return ofErrno(error);
}
