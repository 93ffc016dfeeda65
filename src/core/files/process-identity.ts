import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from './file-errors.js';

/** Enough to tell later whether this very process still runs; a pid alone is soon given to another one. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Kernel's start time of the process in clock ticks, where the system tells it (Linux). */
  readonly started?: string;
  /** Changes with every boot of the machine, where the system tells it (Linux). */
  readonly boot?: string;
}

export function thisProcess(): ProcessIdentity {
  const started = startTime(process.pid);
  const boot = bootId();
  return { pid: process.pid, host: hostname(), ...(started && { started }), ...(boot && { boot }) };
}

/**
 * Whether a process is certainly gone. Of another host nothing is certain, so the answer is no.
 */
export function isGone(owner: ProcessIdentity): boolean {
  if (owner.host !== hostname()) return false;
  const boot = bootId();
  if (owner.boot && boot && owner.boot !== boot) return true;
  if (!isRunning(owner.pid)) return true;
  const started = startTime(owner.pid);
  return owner.started !== undefined && started !== undefined && owner.started !== started;
}

/** Whether this machine has a process of that number, perhaps another one than is meant. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

function startTime(pid: number): string | undefined {
  const stat = procFile(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses and may hold spaces; the start time is the 22nd.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function bootId(): string | undefined {
  return procFile('/proc/sys/kernel/random/boot_id')?.trim();
}

function procFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
