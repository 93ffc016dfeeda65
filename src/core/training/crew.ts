import { trainedFamily } from '../models/registry.js';
import { openEngine } from '../runtime/engine.js';
import { WorkerPool } from '../runtime/worker-pool.js';
import type { ShardResult } from './gradients.js';
import { type ShardJob, type ShareSetup, TrainingShare } from './share.js';

type StepAt = { step: number; rate: number; gradientScale: number };

/** The threads of a training run; without threads, this one does everything. */
export interface Crew {
  readonly size: number;
  /** @param jobs one list of shards per thread */
  gradients(jobs: readonly ShardJob[][]): Promise<ShardResult[][]>;
  /** Sums gradients over the threads; the squared norm of the sum. */
  reduce(): Promise<number>;
  update(at: StepAt): Promise<void>;
  close(): Promise<void>;
}

/** Data-parallel threads for the CPU engines; `threads` 0 trains in this thread, on the engine that is open. */
export async function assembleCrew(threads: number, setup: Omit<ShareSetup, 'worker'>): Promise<Crew> {
  return threads > 0 ? assembleThreads(threads, setup) : assembleAlone(setup);
}

async function assembleThreads(threads: number, setup: Omit<ShareSetup, 'worker'>): Promise<Crew> {
  const pool = new WorkerPool(new URL('./worker.js', import.meta.url), threads);
  await pool.callAll('setup', (worker) => ({ ...setup, worker }) satisfies ShareSetup);
  return {
    size: threads,
    gradients: (jobs) => pool.callAll<ShardResult[]>('gradients', (worker) => jobs[worker]),
    reduce: async () => (await pool.callAll<number>('reduce', () => null)).reduce((sum, part) => sum + part),
    update: async (at) => void (await pool.callAll('update', () => at)),
    close: () => pool.close(),
  };
}

async function assembleAlone(setup: Omit<ShareSetup, 'worker'>): Promise<Crew> {
  await openEngine(setup.engine as Parameters<typeof openEngine>[0]);
  const share = new TrainingShare(trainedFamily(setup.family), { ...setup, worker: 0 });
  return {
    size: 1,
    gradients: async ([jobs]) => [share.gradients(jobs!)],
    reduce: async () => share.reduce(),
    update: async (at) => share.update(at),
    close: async () => {},
  };
}
