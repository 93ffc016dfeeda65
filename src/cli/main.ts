import { IoError } from '../core/errors.js';
import { ExitCode, exitCodeOf } from './exit-codes.js';
import { guardOutput, heedSignals, Stopped, signal, stdoutIsClosed, threadsAtRest } from './lifetime.js';
import { allowNamelessUser } from './nameless-user.js';
import { describeError, isDebugging, namePackage, speaker } from './report-error.js';
import { colourIsOff, escapeControls } from './term.js';

export interface Program {
  /** Folder of the package.json with the `oclif` block. */
  root: string;
  argv: string[];
  exit: (code: number) => void;
}

/**
 * Runs one command line from start to exit code. oclif's own `execute` is not used: it ends the process while records
 * are still on their way to a slow reader.
 */
export async function main({ root, argv, exit }: Program): Promise<void> {
  const leave = (reason: unknown) => exit(report(reason));
  let finished = false;
  namePackage(root);
  guardOutput(leave);
  heedSignals(leave);
  process.on('uncaughtException', (error) => {
    // After a stop, left-over operations may fail; what ended the run has been said.
    if (!signal.aborted) leave(error);
  });
  process.on('exit', () => {
    if (!finished && process.exitCode === undefined) process.exitCode = ExitCode.unexpected;
  });
  quietWarnings();
  allowNamelessUser();
  const code = await runToCode(root, argv);
  if (!signal.aborted) await drain(process.stdout);
  await drain(process.stderr);
  await threadsAtRest();
  finished = true;
  exit(signal.aborted ? exitCodeOf(signal.reason) : code);
}

async function runToCode(root: string, argv: string[]): Promise<number> {
  // oclif's help goes by FORCE_COLOR and by CI variables, and colours pipes.
  if (colourIsOff(process.stdout, argv)) {
    process.env.NO_COLOR = '1';
    delete process.env.FORCE_COLOR;
  }
  try {
    if (stdoutIsClosed())
      throw new IoError('stdout is closed; to throw the records away, send them to /dev/null');
    const [{ run }, { settings }] = await Promise.all([
      import('@oclif/core/run'),
      import('@oclif/core/settings'),
    ]);
    // NODE_ENV=test in somebody's CI must not make oclif look for our TypeScript sources.
    settings.enableAutoTranspile = false;
    await run(argv, root);
    if (signal.aborted) return report(signal.reason);
    return Number(process.exitCode ?? ExitCode.ok);
  } catch (error) {
    return report(signal.aborted ? signal.reason : error);
  }
}

/** Node's own warnings (deprecated calls inside packages) are for developers: one line each, and only under DEBUG. */
function quietWarnings(): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    const text = escapeControls(`${warning.name}: ${warning.message}`);
    if (isDebugging()) process.stderr.write(`${speaker()}: ${text}\n`);
  });
}

let reported = false;

/** Says on one line of stderr what went wrong, once, and gives the exit code. */
function report(error: unknown): number {
  const code = exitCodeOf(error);
  const silent = error instanceof Stopped || isExit(error);
  if (!silent && !reported) process.stderr.write(`${describeError(error)}\n`);
  reported = true;
  return code;
}

function isExit(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIT';
}

/** Waits until the reader has taken everything, however slow it is; a reader that left counts as served. */
function drain(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    stream.write('', () => resolve());
  });
}
