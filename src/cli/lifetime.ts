import { fstatSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { IoError } from '../core/errors.js';
import { fragileThreadsAreBusy } from '../core/runtime/worker-pool.js';

/** The run was ended from outside before its work was done: nothing to explain to anybody. */
export class Stopped extends Error {
  override name = 'Stopped';

  constructor(
    readonly exitCode: number,
    message: string,
    readonly signal?: NodeJS.Signals,
  ) {
    super(message);
  }
}

/** Time for commands to unwind after a stop; the promise to the user is to be gone within a second. */
const GRACE_MS = 500;

const controller = new AbortController();

/** Aborts when the run must end early; the reason is a `Stopped` or the error that forbids going on. */
export const signal = controller.signal;

type Leave = (reason: unknown) => void;

/** Ends the run early: at once the second time, after a moment for unwinding the first time. */
export function stop(reason: Error, leave: Leave): void {
  if (signal.aborted) {
    void leaveThreads(reason, () => leave(signal.reason));
    return;
  }
  controller.abort(reason);
  void sleep(GRACE_MS).then(() => leaveThreads(reason, leave));
}

/** Longer than any task of a thread is expected to take. */
const THREADS_MS = 20_000;

/**
 * An orderly exit ends threads in the middle of their work, and native code (onnxruntime) then aborts the process: wait
 * for this first.
 */
export async function threadsAtRest(): Promise<void> {
  const deadline = performance.now() + THREADS_MS;
  while (fragileThreadsAreBusy() && performance.now() < deadline) await sleep(10);
}

/** A run that was ended by a signal goes by that signal when it cannot wait, after the listeners that clean up. */
async function leaveThreads(reason: Error, leave: Leave): Promise<void> {
  if (!(reason instanceof Stopped && reason.signal && fragileThreadsAreBusy())) {
    await threadsAtRest();
    leave(reason);
    return;
  }
  process.emit('exit', reason.exitCode);
  for (const [name, handler] of handlers) process.off(name, handler);
  process.kill(process.pid, reason.signal);
}

let survivor: (() => void) | undefined;
let readerLeft = false;

/**
 * Lets the run go on when the reader of stdout leaves, for the sake of what it has to decide or to write elsewhere.
 *
 * @param discard is called then: what is still to come for stdout goes nowhere
 */
export function outliveReader(discard: () => void): void {
  survivor = discard;
  if (readerLeft) discard();
}

/**
 * A reader that has enough (`| head -1`) ends the run quietly. Must be installed before oclif loads: oclif swallows
 * EPIPE, and whoever waits for `drain` then waits for ever.
 */
export function guardOutput(leave: Leave): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (signal.aborted || (readerLeft && survivor)) return;
    readerLeft = error.code === 'EPIPE' || error.code === 'ECONNRESET';
    if (readerLeft && survivor) survivor();
    else stop(readerLeft ? new Stopped(0, 'stdout was closed') : outputLost(error), leave);
  });
  // Whoever closed stderr does not want to know.
  process.stderr.on('error', () => {});
}

function outputLost(error: NodeJS.ErrnoException): IoError {
  const why = error.code === 'ENOSPC' ? 'no space left on the device' : error.message;
  return new IoError(`stdout: cannot write records: ${why}`);
}

let handlers: [NodeJS.Signals, () => void][] = [];

/** Ctrl-C and kill abort the run's signal; the second one leaves at once. */
export function heedSignals(leave: Leave): void {
  handlers = [
    ['SIGINT', () => stop(new Stopped(130, 'interrupted', 'SIGINT'), leave)],
    ['SIGTERM', () => stop(new Stopped(143, 'terminated', 'SIGTERM'), leave)],
  ];
  for (const [name, handler] of handlers) process.on(name, handler);
}

/**
 * Runs work that keeps the main thread busy for more than half a second at a time. Handlers would be called only
 * afterwards; without them the system ends the process at once, and the shell sees 130 or 143 all the same. For work
 * that leaves nothing behind.
 */
export async function letSignalsKill<T>(work: () => T | Promise<T>): Promise<T> {
  for (const [name, handler] of handlers) process.off(name, handler);
  try {
    return await work();
  } finally {
    for (const [name, handler] of handlers) process.on(name, handler);
  }
}

/**
 * Whether the shell started us with stdout closed (`>&-`). Node quietly opens /dev/null for reading and writing in its
 * place, while `>/dev/null` opens it for writing only: that difference is all there is to see, and only on Linux. A
 * parent that discards all three streams (spawn's stdio 'ignore') looks the same on every one, and means it.
 */
export function stdoutIsClosed(): boolean {
  return isNullBothWays(1) && !isNullBothWays(2) && !isNullBothWays(0);
}

function isNullBothWays(fd: number): boolean {
  try {
    if (fstatSync(fd).rdev !== statSync('/dev/null').rdev) return false;
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0';
    return (Number.parseInt(flags, 8) & 3) === 2;
  } catch {
    return false;
  }
}
