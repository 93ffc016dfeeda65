import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The product's own entry. */
export const mambaad = fileURLToPath(new URL('../bin/run.js', import.meta.url));

export interface RunOptions {
  /** Bytes for stdin; without it stdin is empty. */
  input?: string | Uint8Array;
  /** Leave stdin open after the input. */
  keepOpen?: boolean;
  /** Stop reading stdout after so many lines, as `head` does. */
  closeAfterLines?: number;
  /** Start to read stdout only after so long: a slow reader. */
  readAfterMs?: number;
  /** Read stdout only when the program has exited. */
  readAfterExit?: boolean;
  /** Send a signal so long after the first byte of output, or after `signalOn` was said. */
  signalAfterMs?: number;
  /** What stderr must say before the signal is sent. */
  signalOn?: string;
  signal?: NodeJS.Signals;
  /** Send `killWith` so long after the start, whatever has come out. */
  killAfterMs?: number;
  killWith?: NodeJS.Signals;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Another program than bin/run.js. */
  program?: string;
}

export interface Run {
  exitCode: number | null;
  /** The signal that killed it, when it did not exit by itself. */
  killedBy: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Complete lines of stdout. */
  lines: string[];
}

/** A process at work, and what comes of it. */
export interface Started {
  child: ChildProcessWithoutNullStreams;
  ended: Promise<Run>;
}

/** Runs `node bin/run.js ARGS` as a process of its own (dist/ is built by test/global-setup.ts). */
export function run(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return start(args, options).ended;
}

/** The same, for a test that does something while the process is at work. */
export function start(args: readonly string[], options: RunOptions = {}): Started {
  const { program = mambaad } = options;
  const child = spawnClean(process.execPath, [program, ...args], options);
  return { child, ended: watch(child, options) };
}

/** Runs a POSIX shell script in which `$PROGRAM ARGS` calls the program: for pipes and redirections. */
export function shell(script: string, options: RunOptions = {}): Promise<Run> {
  const { program = mambaad } = options;
  const env = { ...options.env, PROGRAM: `${process.execPath} ${program}` };
  return watch(spawnClean('sh', ['-c', script], { ...options, env }), options);
}

function spawnClean(command: string, args: string[], options: RunOptions): ChildProcessWithoutNullStreams {
  const { NODE_ENV, FORCE_COLOR, NO_COLOR, DEBUG, NODE_OPTIONS, ...inherited } = process.env;
  return spawn(command, args, { cwd: options.cwd, env: { ...inherited, ...options.env }, stdio: 'pipe' });
}

function watch(child: ChildProcessWithoutNullStreams, options: RunOptions): Promise<Run> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  let armed = false;
  let newlines = 0;

  const armSignal = () => {
    if (armed || (options.signalAfterMs === undefined && options.signalOn === undefined)) return;
    if (options.signalOn !== undefined && !Buffer.concat(err).includes(options.signalOn)) return;
    armed = true;
    setTimeout(() => child.kill(options.signal ?? 'SIGINT'), options.signalAfterMs ?? 0);
  };
  const read = () => {
    child.stdout.on('data', (chunk: Buffer) => {
      out.push(chunk);
      armSignal();
      for (const byte of chunk) if (byte === 0x0a) newlines += 1;
      if (options.closeAfterLines !== undefined && newlines >= options.closeAfterLines)
        child.stdout.destroy();
    });
  };
  if (options.readAfterExit) child.once('exit', read);
  else if (options.readAfterMs === undefined) read();
  else setTimeout(read, options.readAfterMs);
  child.stderr.on('data', (chunk: Buffer) => {
    err.push(chunk);
    armSignal();
  });
  if (options.killAfterMs !== undefined) {
    setTimeout(() => child.kill(options.killWith ?? 'SIGKILL'), options.killAfterMs);
  }
  // A program that stops reading its stdin is what some tests are about.
  child.stdin.on('error', () => {});
  if (options.input !== undefined) child.stdin.write(options.input);
  if (!options.keepOpen) child.stdin.end();

  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, killedBy) => {
      const stdout = Buffer.concat(out).toString();
      const lines = stdout.split('\n').slice(0, -1);
      resolve({ exitCode, killedBy, stdout, stderr: Buffer.concat(err).toString(), lines });
    });
  });
}
