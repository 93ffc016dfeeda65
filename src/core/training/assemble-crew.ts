import { trainedFamily } from '../models/registry.js';
import { openEngine } from '../runtime/engine.js';
import { WorkerPool } from '../runtime/worker-pool.js';
import type { Crew } from './crew.js';
import { DeviceCrew } from './device-crew.js';
import { squaredNorm } from './gradient-norm.js';
import type { ShardResult } from './gradients.js';
import { ShardTurns } from './shard-turns.js';
import type { CrewSetup, ShareSetup } from './share.js';

/** Data-parallel threads for the CPU engines; `threads` 0 trains on the device of the engine, from this thread. */
export async function assembleCrew(threads: number, setup: CrewSetup): Promise<Crew> {
  if (threads === 0) {
    await openEngine(setup.engine as Parameters<typeof openEngine>[0]);
    return new DeviceCrew(trainedFamily(setup.family), setup);
  }
  const pool = new WorkerPool(new URL('./worker.js', import.meta.url), threads);
  await pool.callAll('setup', (worker) => ({ ...setup, worker, workers: threads }) satisfies ShareSetup);
  const turns = new ShardTurns(setup.state.turns);
  return {
    size: threads,
    gradients: (jobs) => {
      turns.restart();
      return pool.callAll<ShardResult[]>('gradients', (worker) => jobs[worker]);
    },
    squaredNorm: async () => squaredNorm(await pool.callAll<number[]>('squares', () => null)),
    update: async (at) => void (await pool.callAll('update', () => at)),
    settle: async () => {},
    close: () => pool.close(),
  };
}
