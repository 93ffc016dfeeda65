import type { DetectorFamily } from '../models/family.js';
import { ParameterBlock } from '../nn/parameter-block.js';
import { inScope } from '../runtime/scope.js';
import { type AdamWOptions, adamwStep, type Moments, type Stretch, shareParameters } from './adamw.js';
import { type FeatureSet, readScale } from './feature-set.js';
import { squaresOf } from './gradient-norm.js';
import {
  addGradients,
  gradientsOfShard,
  type ShardBatch,
  type ShardResult,
  uploadParameters,
} from './gradients.js';
import { ShardTurns } from './shard-turns.js';

/** Memory of a training run, visible to every thread. */
export interface SharedState {
  values: Float32Array;
  moments: Moments;
  /** The sum over the shards of a step, laid out like the parameters. */
  gradient: Float32Array;
  /** Whose turn it is to add to `gradient`; see `ShardTurns`. */
  turns: Int32Array;
}

/** What a run of training works with. */
export interface CrewSetup {
  family: string;
  config: unknown;
  channels: readonly number[];
  set: FeatureSet;
  /** Divisor of each scale's features. */
  featureScale: readonly number[];
  optimiser: AdamWOptions;
  state: SharedState;
  engine: string;
}

/** What a thread is told once. */
export interface ShareSetup extends CrewSetup {
  /** Which thread this is, and of how many. */
  worker: number;
  workers: number;
}

/** One shard of a batch. */
export interface ShardJob {
  /** Its place in the batch. */
  index: number;
  images: readonly number[];
  seed: number;
  /** Share of the batch that the shard holds. */
  weight: number;
}

/** Reads the images of a shard. */
export function batchOf({ set, featureScale }: CrewSetup, { images, seed }: ShardJob): ShardBatch {
  const features = set.shapes.map((_, scale) => readScale(set, images, scale, featureScale[scale]!));
  return { features, shapes: set.shapes, images: images.length, seed };
}

/** One thread's part of the training: gradients of its shards, then the update of its stretch of the parameters. */
export class TrainingShare<Config> {
  private readonly block: ParameterBlock;
  private readonly stretches: Stretch[];
  private readonly turns: ShardTurns;

  constructor(
    private readonly family: DetectorFamily<Config>,
    private readonly setup: ShareSetup,
  ) {
    const specs = family.parameters(setup.config as Config, setup.channels);
    this.block = new ParameterBlock(specs, setup.state.values);
    this.stretches = shareParameters(this.block, setup.workers)[setup.worker]!;
    this.turns = new ShardTurns(setup.state.turns);
  }

  /** Adds the gradients of its shards, times their weights, to the shared one; the parameters are placed once. */
  gradients(jobs: readonly ShardJob[]): ShardResult[] {
    if (jobs.length === 0) return [];
    const { family, block } = this;
    const config = this.setup.config as Config;
    return inScope(() => {
      const network = { family, config, block, tensors: uploadParameters(block) };
      return jobs.map((job) =>
        gradientsOfShard(network, batchOf(this.setup, job), (shard) => {
          this.turns.take(job.index, () => {
            if (job.index === 0) this.setup.state.gradient.fill(0);
            addGradients(this.setup.state.gradient, shard, job.weight);
          });
        }),
      );
    });
  }

  /** This thread's part of the gradient's squared norm, see `squaredNorm`. */
  squares(): number[] {
    return squaresOf(this.setup.state.gradient, this.setup.worker, this.setup.workers);
  }

  /** AdamW on this thread's stretches. */
  update(at: { step: number; rate: number; gradientScale: number }): void {
    const { state, optimiser } = this.setup;
    for (const stretch of this.stretches) {
      adamwStep(state.values, state.gradient, state.moments, stretch, optimiser, at);
    }
  }
}
