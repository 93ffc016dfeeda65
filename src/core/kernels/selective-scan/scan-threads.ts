import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { kernelModule } from '../wasm-module.js';
import { runShare, type ScanJob } from './scan-job.js';
import type { ScanKernels } from './scan-kernels.js';
import { jobsPerRound, mailboxBytes, ScanMailbox } from './scan-mailbox.js';
import type { ScanThreadData } from './scan-thread.js';

const page = 65_536;
// A tile of a panel needs 40 KiB at 16 states; `run` refuses scans that need more than this.
const workBytes = 16 * page;
const mostPages = 65_536;

/**
 * Threads that run shares of forward scans in one shared memory. The caller runs a share itself and blocks until all
 * are done. A thread that has not started yet gets no share, so the first scans need not wait for it; the results are
 * the same to the bit for any number of threads.
 */
export class ScanThreads {
  /** Shared; data may be laid out from `dataStart` on. */
  readonly memory: WebAssembly.Memory;
  readonly dataStart: number;
  private readonly mailbox: ScanMailbox;
  private readonly kernels: ScanKernels;
  private readonly workers: Worker[];
  private readonly gone = new Set<number>();

  /** @param threads including the caller's own */
  constructor(threads: number) {
    this.dataStart = mailboxBytes + threads * workBytes;
    this.memory = new WebAssembly.Memory({
      initial: this.dataStart / page,
      maximum: mostPages,
      shared: true,
    });
    this.mailbox = new ScanMailbox(this.memory);
    const module = kernelModule('selective-scan', { shared: true });
    const instance = new WebAssembly.Instance(module, { env: { memory: this.memory } });
    this.kernels = instance.exports as unknown as ScanKernels;
    this.workers = Array.from({ length: threads - 1 }, (_, thread) => this.start(module, thread));
  }

  /** Bytes that the memory must reach; it never shrinks. */
  reserve(end: number): void {
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / page));
  }

  /** Threads that would take part in a round now, the caller's own included. */
  get running(): number {
    return this.readyThreads().length + 1;
  }

  /**
   * Runs the scans one after the other, each divided over the threads by channels. Outputs are added to.
   *
   * @throws Error when a thread failed or a scan needs more work memory than there is
   */
  run(jobs: readonly ScanJob[]): void {
    for (let from = 0; from < jobs.length; from += jobsPerRound) {
      this.runRound(jobs.slice(from, from + jobsPerRound));
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private runRound(jobs: readonly ScanJob[]): void {
    for (const { length, channels, states, directions, segment } of jobs) {
      this.kernels.configure(length, channels, states, directions, segment);
      if (this.kernels.forwardWork() > workBytes) {
        throw new Error(`a scan with ${states} states needs more work memory than its threads have.`);
      }
    }
    const threads = this.readyThreads();
    this.mailbox.post(jobs, threads);
    for (const job of jobs) runShare(this.kernels, job, 0, threads.length + 1, mailboxBytes);
    if (!this.mailbox.finished()) throw new Error('a thread of the scan failed.');
  }

  private readyThreads(): number[] {
    return this.workers.flatMap((_, i) => (this.mailbox.isReady(i) && !this.gone.has(i) ? [i] : []));
  }

  private start(module: WebAssembly.Module, thread: number): Worker {
    const work = mailboxBytes + (thread + 1) * workBytes;
    const data: ScanThreadData = { module, memory: this.memory, thread, work };
    const worker = new Worker(threadScript(), { workerData: data, execArgv: [] });
    worker.on('error', () => this.gone.add(thread));
    worker.on('exit', () => this.gone.add(thread));
    // Threads sleep between scans; they must not keep the program from ending.
    worker.unref();
    return worker;
  }
}

/** Threads run compiled JavaScript; tests run the sources. */
function threadScript(): URL {
  const beside = new URL('scan-thread.js', import.meta.url);
  return existsSync(fileURLToPath(beside))
    ? beside
    : new URL(beside.href.replace('/src/core/', '/dist/core/'));
}
