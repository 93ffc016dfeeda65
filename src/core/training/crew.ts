import { trainedFamily } from '../models/registry.js';
import { openEngine } from '../runtime/engine.js';
import { WorkerPool } from '../runtime/worker-pool.js';
import type { ShardResult } from './gradients.js';
import { ShardTurns } from './shard-turns.js';
import { type ShardJob, type ShareSetup, TrainingShare } from './share.js';

type CrewSetup = Omit<ShareSetup, 'worker' | 'workers'>;
type StepAt = { step: number; rate: number; gradientScale: number };

/** The threads of a training run; without threads, this one does everything. */
export interface Crew {
  readonly size: number;
  /**
   * Fills the shared gradient with the weighted sum over the shards.
   *
   * @param jobs one list of shards per thread, each in the order of the batch, none missing
   */
  gradients(jobs: readonly ShardJob[][]): Promise<ShardResult[][]>;
  /** Squared norm of the gradient. */
  squaredNorm(): Promise<number>;
  update(at: StepAt): Promise<void>;
  close(): Promise<void>;
}

/** Data-parallel threads for the CPU engines; `threads` 0 trains in this thread, on the engine that is open. */
export async function assembleCrew(threads: number, setup: CrewSetup): Promise<Crew> {
  return threads > 0 ? assembleThreads(threads, setup) : assembleAlone(setup);
}

async function assembleThreads(threads: number, setup: CrewSetup): Promise<Crew> {
  const pool = new WorkerPool(new URL('./worker.js', import.meta.url), threads);
  await pool.callAll('setup', (worker) => ({ ...setup, worker, workers: threads }) satisfies ShareSetup);
  return {
    size: threads,
    gradients: (jobs) => {
      new ShardTurns(setup.state.turns).restart();
      return pool.callAll<ShardResult[]>('gradients', (worker) => jobs[worker]);
    },
    squaredNorm: async () =>
      (await pool.callAll<number>('squaredNorm', () => null)).reduce((sum, part) => sum + part),
    update: async (at) => void (await pool.callAll('update', () => at)),
    close: () => pool.close(),
  };
}

async function assembleAlone(setup: CrewSetup): Promise<Crew> {
  await openEngine(setup.engine as Parameters<typeof openEngine>[0]);
  const share = new TrainingShare(trainedFamily(setup.family), { ...setup, worker: 0, workers: 1 });
  return {
    size: 1,
    gradients: async ([jobs]) => {
      new ShardTurns(setup.state.turns).restart();
      return [share.gradients(jobs!)];
    },
    squaredNorm: async () => share.squaredNorm(),
    update: async (at) => share.update(at),
    close: async () => {},
  };
}
