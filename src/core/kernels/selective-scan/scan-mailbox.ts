import { jobFields, type ScanJob } from './scan-job.js';

// Words of the control block at the start of the shared memory.
const word = { pending: 0, jobs: 1, shares: 2, failed: 3, threads: 16 };
const wordsPerThread = 4;
const maxThreads = 64;
const jobsStart = word.threads + maxThreads * wordsPerThread;

/** Bytes at the start of the shared memory that belong to the mailbox. */
export const mailboxBytes = 65_536;
/** Jobs that one round can hold. */
export const jobsPerRound = Math.floor((mailboxBytes / 4 - jobsStart) / jobFields.length);

/** How the caller and its threads hand each other scans: a control block at the start of their memory. */
export class ScanMailbox {
  private readonly words: Int32Array<ArrayBufferLike>;

  constructor(memory: WebAssembly.Memory) {
    this.words = new Int32Array(memory.buffer, 0, mailboxBytes / 4);
  }

  /** Caller: starts a round of jobs on these threads, which take shares 1, 2, …; share 0 is the caller's. */
  post(jobs: readonly ScanJob[], threads: readonly number[]): void {
    jobs.forEach((job, i) => {
      this.words.set(
        jobFields.map((field) => job[field]),
        jobsStart + i * jobFields.length,
      );
    });
    Atomics.store(this.words, word.jobs, jobs.length);
    Atomics.store(this.words, word.shares, threads.length + 1);
    Atomics.store(this.words, word.pending, threads.length);
    threads.forEach((thread, i) => {
      Atomics.store(this.words, this.threadWord(thread) + 1, i + 1);
      Atomics.add(this.words, this.threadWord(thread), 1);
      Atomics.notify(this.words, this.threadWord(thread));
    });
  }

  /** Caller: waits until all threads are done with their shares; false when one of them failed. */
  finished(): boolean {
    for (let left = Atomics.load(this.words, word.pending); left > 0; ) {
      Atomics.wait(this.words, word.pending, left);
      left = Atomics.load(this.words, word.pending);
    }
    return Atomics.load(this.words, word.failed) === 0;
  }

  /** Caller: whether a thread has started. */
  isReady(thread: number): boolean {
    return Atomics.load(this.words, this.threadWord(thread) + 2) === 1;
  }

  /** Thread: says that it has started. */
  ready(thread: number): void {
    Atomics.store(this.words, this.threadWord(thread) + 2, 1);
  }

  /** Thread: sleeps until the round after `round`; gives its number, the jobs, and which share is this thread's. */
  next(thread: number, round: number): { round: number; jobs: ScanJob[]; share: number; shares: number } {
    const at = this.threadWord(thread);
    while (Atomics.load(this.words, at) === round) Atomics.wait(this.words, at, round);
    const jobs = Array.from({ length: Atomics.load(this.words, word.jobs) }, (_, i) => {
      const start = jobsStart + i * jobFields.length;
      return Object.fromEntries(
        jobFields.map((field, f) => [field, this.words[start + f]! >>> 0]),
      ) as ScanJob;
    });
    const [share, shares] = [Atomics.load(this.words, at + 1), Atomics.load(this.words, word.shares)];
    return { round: Atomics.load(this.words, at), jobs, share, shares };
  }

  /** Thread: its share of the round is done. */
  done(succeeded: boolean): void {
    if (!succeeded) Atomics.store(this.words, word.failed, 1);
    Atomics.sub(this.words, word.pending, 1);
    Atomics.notify(this.words, word.pending);
  }

  private threadWord(thread: number): number {
    return word.threads + thread * wordsPerThread;
  }
}
