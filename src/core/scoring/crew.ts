import type { DetectorDescription } from '../models/model-folder.js';
import type { ParameterBlock } from '../nn/parameter-block.js';
import { WorkerPool } from '../runtime/worker-pool.js';
import type { Scored } from './detector.js';
import { openDetector } from './open-detector.js';

export interface ScoringSetup {
  engine: string;
  /** Dense parts on onnxruntime instead of the engine. */
  native: boolean;
  description: DetectorDescription;
  /** The parameter block's shared memory. */
  values: Float32Array;
}

/** A scored image with the time its network took, in milliseconds. */
export type TimedScore = Scored & { ms: number };

/** Detectors that work side by side, one image each. */
export interface ScoringCrew {
  /** How many images are worth having in flight. */
  readonly size: number;
  /** @param features as `Detector.score`; handed over, do not use them again */
  score(features: Float32Array[]): Promise<TimedScore>;
  close(): Promise<void>;
}

export interface CrewOptions {
  /** 0 scores in the calling thread, for engines that are parallel in themselves. */
  threads: number;
  engine: string;
  /** Dense parts on onnxruntime instead of the engine. */
  native?: boolean;
}

export async function assembleScoringCrew(
  { threads, engine, native = false }: CrewOptions,
  description: DetectorDescription,
  block: ParameterBlock,
): Promise<ScoringCrew> {
  const setup: ScoringSetup = { engine, native, description, values: block.values };
  if (threads === 0) return scoreAlone(setup);
  const pool = new WorkerPool(new URL('./worker.js', import.meta.url), threads, native);
  await pool.callAll('setup', () => setup);
  const idle = Array.from({ length: threads }, (_, worker) => worker);
  const queue: ((worker: number) => void)[] = [];
  const acquire = () =>
    idle.length > 0 ? Promise.resolve(idle.pop()!) : new Promise<number>((resolve) => queue.push(resolve));
  const release = (worker: number) => {
    const next = queue.shift();
    if (next) next(worker);
    else idle.push(worker);
  };
  return {
    size: threads,
    async score(features) {
      const worker = await acquire();
      try {
        // A view on a larger buffer would take all of it along.
        const owned = features.map((map) => (map.byteLength === map.buffer.byteLength ? map : map.slice()));
        return await pool.call<TimedScore>(
          worker,
          'score',
          owned,
          owned.map((map) => map.buffer as ArrayBuffer),
        );
      } finally {
        release(worker);
      }
    },
    close: () => pool.close(),
  };
}

async function scoreAlone(setup: ScoringSetup): Promise<ScoringCrew> {
  const detector = await openDetector(setup);
  return {
    size: 1,
    async score(features) {
      const start = performance.now();
      return { ...(await detector.score(features)), ms: performance.now() - start };
    },
    close: async () => detector.dispose(),
  };
}
