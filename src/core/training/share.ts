import type { DetectorFamily } from '../models/family.js';
import { ParameterBlock } from '../nn/parameter-block.js';
import { type AdamWOptions, adamwStep, type Moments, type Stretch, shareParameters } from './adamw.js';
import { type FeatureSet, readScale } from './feature-set.js';
import { accumulateGradients, type ShardResult } from './gradients.js';

/** Memory of a training run, visible to every thread. */
export interface SharedState {
  values: Float32Array;
  moments: Moments;
  /** One gradient per thread, laid out like the parameters. */
  gradients: Float32Array[];
}

/** What a thread is told once. */
export interface ShareSetup {
  family: string;
  config: unknown;
  channels: readonly number[];
  set: FeatureSet;
  /** Divisor of each scale's features. */
  featureScale: readonly number[];
  optimiser: AdamWOptions;
  state: SharedState;
  /** Which thread this is. */
  worker: number;
  engine: string;
}

/** One shard of a batch. */
export interface ShardJob {
  images: readonly number[];
  seed: number;
  /** Share of the batch that the shard holds. */
  weight: number;
}

/** One thread's part of the training: gradients of its shards, then the update of its stretch of the parameters. */
export class TrainingShare<Config> {
  private readonly block: ParameterBlock;
  private readonly stretches: Stretch[];

  constructor(
    private readonly family: DetectorFamily<Config>,
    private readonly setup: ShareSetup,
  ) {
    const specs = family.parameters(setup.config as Config, setup.channels);
    this.block = new ParameterBlock(specs, setup.state.values);
    this.stretches = shareParameters(this.block, setup.state.gradients.length)[setup.worker]!;
  }

  /** Fills this thread's gradient with the weighted sum over its shards. */
  gradients(jobs: readonly ShardJob[]): ShardResult[] {
    const { set, featureScale, state, worker, config } = this.setup;
    const own = state.gradients[worker]!;
    own.fill(0);
    return jobs.map(({ images, seed, weight }) => {
      const features = set.shapes.map((_, scale) => readScale(set, images, scale, featureScale[scale]!));
      const batch = { features, shapes: set.shapes, images: images.length, seed };
      return accumulateGradients(this.family, config as Config, this.block, batch, weight, own);
    });
  }

  /** Sums the threads' gradients over this thread's stretches; returns the squared norm of the result. */
  reduce(): number {
    const [first, ...rest] = this.setup.state.gradients as [Float32Array, ...Float32Array[]];
    let squares = 0;
    for (const { from, to } of this.stretches) {
      for (const other of rest) {
        for (let i = from; i < to; i++) first[i] = first[i]! + other[i]!;
      }
      for (let i = from; i < to; i++) squares += first[i]! * first[i]!;
    }
    return squares;
  }

  /** AdamW on this thread's stretches. */
  update(at: { step: number; rate: number; gradientScale: number }): void {
    const { state, optimiser } = this.setup;
    for (const stretch of this.stretches) {
      adamwStep(state.values, state.gradients[0]!, state.moments, stretch, optimiser, at);
    }
  }
}
