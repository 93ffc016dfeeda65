import { isFitted } from '../models/family.js';
import type { DetectorDescription } from '../models/model-folder.js';
import { familyNamed } from '../models/registry.js';
import type { ParameterBlock } from '../nn/parameter-block.js';
import { Available } from '../runtime/available.js';
import { WorkerPool } from '../runtime/worker-pool.js';
import type { Scored } from './detector.js';
import { type OpenDetector, openDetector } from './open-detector.js';

export interface ScoringSetup {
  engine: string;
  /** Dense parts on onnxruntime instead of the engine. */
  native: boolean;
  /** Cores that one detector may use; only a native one uses more than one. */
  threads: number;
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

// While one image's scan runs here, onnxruntime works on another's dense part: two cores keep a native detector busy.
const coresOfNative = 2;

export async function assembleScoringCrew(
  { threads, engine, native = false }: CrewOptions,
  description: DetectorDescription,
  block: ParameterBlock,
): Promise<ScoringCrew> {
  const isNative = native && !isFitted(familyNamed(description.family));
  const members = isNative ? Math.ceil(threads / coresOfNative) : threads;
  const share = isNative ? Math.ceil(threads / members) : 1;
  const setup: ScoringSetup = { engine, native, threads: share, description, values: block.values };
  if (members === 0 || (isNative && members === 1)) return scoreAlone(setup);
  const pool = new WorkerPool(new URL('./worker.js', import.meta.url), members, native);
  const [size] = await pool.callAll<number>('setup', () => setup);
  const seats = new Available(Array.from({ length: size! * members }, (_, i) => i % members));
  return {
    size: size! * members,
    score: (features) =>
      seats.use((member) => {
        // A view on a larger buffer would take all of it along.
        const owned = features.map((map) => (map.byteLength === map.buffer.byteLength ? map : map.slice()));
        const buffers = owned.map((map) => map.buffer as ArrayBuffer);
        return pool.call<TimedScore>(member, 'score', owned, buffers);
      }),
    close: () => pool.close(),
  };
}

async function scoreAlone(setup: ScoringSetup): Promise<ScoringCrew> {
  const detector = await openDetector(setup);
  const seats = new Available(Array.from({ length: detector.size }, () => detector));
  return {
    size: detector.size,
    score: (features) => seats.use((seat) => timed(seat, features)),
    close: async () => detector.dispose(),
  };
}

/** Scores one image and says how long that took. */
export async function timed(detector: OpenDetector, features: readonly Float32Array[]): Promise<TimedScore> {
  const start = performance.now();
  return { ...(await detector.score(features)), ms: performance.now() - start };
}
