import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { kernelModule } from '../wasm-module.js';
import { bindJob, type ScanJob, type ScanShare, sharesOf } from './scan-job.js';
import type { ScanKernels } from './scan-kernels.js';
import { countersBytes, type ScanRound, ScanRounds } from './scan-rounds.js';
import type { ScanThreadData } from './scan-thread.js';

const page = 65_536;
// A tile of a panel needs 40 KiB at 16 states; `run` refuses scans that need more than this.
const workBytes = 16 * page;
const mostPages = 65_536;

interface Pending extends ScanRound {
  shares: readonly ScanShare[];
  resolve(): void;
  reject(reason: Error): void;
}

/**
 * Threads that run forward scans in one shared memory, while the caller's thread does other work; when it has none, it
 * takes part. The results are the same to the bit for any number of threads.
 */
export class ScanThreads {
  /** Shared; data may be laid out from `dataStart` on. */
  readonly memory: WebAssembly.Memory;
  readonly dataStart: number;
  private readonly kernels: ScanKernels;
  private readonly rounds: ScanRounds;
  private readonly workers: Worker[];
  private readonly pending: Pending[] = [];
  private nextId = 0;
  private isHelping = false;

  /**
   * @param threads including the caller's own
   * @param isBusy whether the caller's thread has other work now
   */
  constructor(
    threads: number,
    private readonly isBusy: () => boolean = () => false,
  ) {
    const work = (thread: number) => countersBytes + thread * workBytes;
    this.dataStart = work(threads);
    this.memory = new WebAssembly.Memory({
      initial: Math.ceil(this.dataStart / page),
      maximum: mostPages,
      shared: true,
    });
    const module = kernelModule('selective-scan', { shared: true });
    const instance = new WebAssembly.Instance(module, { env: { memory: this.memory } });
    this.kernels = instance.exports as unknown as ScanKernels;
    this.rounds = new ScanRounds(this.memory, this.kernels, work(0));
    this.workers = Array.from({ length: threads - 1 }, (_, i) =>
      this.start({ module, memory: this.memory, work: work(i + 1) }),
    );
  }

  /** Bytes that the memory must reach; it never shrinks. */
  reserve(end: number): void {
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / page));
  }

  /**
   * Runs scans in shares of channels. Outputs are added to.
   *
   * @throws Error when a thread failed or a scan needs more work memory than there is
   */
  async run(jobs: readonly ScanJob[]): Promise<void> {
    for (const job of jobs) {
      const { states } = job;
      bindJob(this.kernels, job);
      if (this.kernels.forwardWork() > workBytes) {
        throw new Error(`a scan with ${states} states needs more work memory than its threads have.`);
      }
    }
    await new Promise<void>((resolve, reject) => {
      const round: ScanRound = { id: this.nextId++, jobs };
      this.rounds.begin(round);
      this.pending.push({ ...round, shares: sharesOf(jobs), resolve, reject });
      if (this.pending.length === 1) for (const worker of this.workers) worker.ref();
      for (const worker of this.workers) worker.postMessage(round);
      this.help();
    });
  }

  /** Lets the caller's thread take part as soon as it is not busy. */
  help(): void {
    if (this.isHelping || this.pending.length === 0) return;
    this.isHelping = true;
    // One share at a time: other work that came up meanwhile goes first.
    setImmediate(() => {
      this.isHelping = false;
      if (this.isBusy()) return;
      const worked = this.pending.some((round) => this.rounds.workOn(round, round.shares));
      this.settle();
      if (worked) this.help();
    });
  }

  async close(): Promise<void> {
    // Who waits for the end must see it, although threads do not keep the program going.
    for (const worker of this.workers) worker.ref();
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private settle(): void {
    const finished = this.pending.filter((round) => this.rounds.isFinished(round, round.shares));
    for (const round of finished) {
      this.pending.splice(this.pending.indexOf(round), 1);
      round.resolve();
    }
    // Threads sleep between scans; they must not keep the program from ending. (Not at every message: one that comes
    // late would let go of threads that `close` is waiting for.)
    if (finished.length > 0 && this.pending.length === 0) for (const worker of this.workers) worker.unref();
  }

  private start(data: ScanThreadData): Worker {
    const worker = new Worker(threadScript(), { workerData: data, execArgv: [] });
    worker.on('message', () => this.settle());
    worker.on('error', (error) => {
      for (const round of this.pending.splice(0)) round.reject(error);
    });
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
