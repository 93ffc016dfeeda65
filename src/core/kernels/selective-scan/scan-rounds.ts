import type { ScanJob, ScanShare } from './scan-job.js';
import { runShare, sharesOf } from './scan-job.js';
import type { ScanKernels } from './scan-kernels.js';

/** Some jobs that are worked on together. */
export interface ScanRound {
  id: number;
  jobs: readonly ScanJob[];
}

// A thread may come late to a round, but not by this many rounds.
const rounds = 4096;
const [claimed, finished] = [0, 1];

/** Bytes at the start of the shared memory in which threads count the shares of each round. */
export const countersBytes = rounds * 2 * 4;

/** Who works on which share: every thread takes the next one that nobody has. */
export class ScanRounds {
  private readonly counters: Int32Array<ArrayBufferLike>;

  constructor(
    memory: WebAssembly.Memory,
    private readonly kernels: ScanKernels,
    private readonly work: number,
  ) {
    this.counters = new Int32Array(memory.buffer, 0, countersBytes / 4);
  }

  /** Must come before anyone works on the round. */
  begin({ id }: ScanRound): void {
    Atomics.store(this.counters, this.at(id, claimed), 0);
    Atomics.store(this.counters, this.at(id, finished), 0);
  }

  /** Runs one share; false when none is left. */
  workOn(round: ScanRound, shares: readonly ScanShare[] = sharesOf(round.jobs)): boolean {
    const share = shares[Atomics.add(this.counters, this.at(round.id, claimed), 1)];
    if (share === undefined) return false;
    runShare(this.kernels, share, this.work);
    Atomics.add(this.counters, this.at(round.id, finished), 1);
    return true;
  }

  isFinished({ id }: ScanRound, shares: readonly ScanShare[]): boolean {
    return Atomics.load(this.counters, this.at(id, finished)) === shares.length;
  }

  private at(id: number, counter: number): number {
    return 2 * (id % rounds) + counter;
  }
}
