/**
 * Lets threads add to a sum in the order of the batch's shards, whoever works on which: floating-point sums in another
 * order differ, and Adam makes steps of full size out of differences where a gradient is nothing but rounding.
 */
export class ShardTurns {
  /** @param next shared by the threads: one number, the shard that may add now; 0 before every step */
  constructor(private readonly next: Int32Array) {}

  /** Waits until all shards before `index` have added, then does the work and lets the next one go on. */
  take(index: number, work: () => void): void {
    for (;;) {
      const next = Atomics.load(this.next, 0);
      if (next === index) break;
      Atomics.wait(this.next, 0, next);
    }
    work();
    Atomics.store(this.next, 0, index + 1);
    Atomics.notify(this.next, 0);
  }

  /** Before the shards of a step, when no thread is at work. */
  restart(): void {
    Atomics.store(this.next, 0, 0);
  }
}
