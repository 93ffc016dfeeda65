import type { ShardResult } from './gradients.js';
import type { ShardJob } from './share.js';

/** One step of the optimiser; `step` counts from 1, `gradientScale` clips. */
export interface StepAt {
  step: number;
  rate: number;
  gradientScale: number;
}

/** Who carries out the steps of a training run: threads, or the device of an engine. */
export interface Crew {
  readonly size: number;
  /**
   * Makes the gradient of a step: the weighted sum over its shards.
   *
   * @param jobs one list of shards per thread, each in the order of the batch, none missing
   */
  gradients(jobs: readonly ShardJob[][]): Promise<ShardResult[][]>;
  /** Squared norm of the gradient. */
  squaredNorm(): Promise<number>;
  update(at: StepAt): Promise<void>;
  /** Brings parameters and moments into the shared state, where they are not there already. */
  settle(): Promise<void>;
  close(): Promise<void>;
}
