import { MambaadError } from '../errors.js';
import { trainedFamily } from '../models/registry.js';
import { ParameterBlock } from '../nn/parameter-block.js';
import { createRandom } from '../nn/random.js';
import { assembleCrew } from './assemble-crew.js';
import { loadCheckpoint, type RunState, saveCheckpoint } from './checkpoint.js';
import type { Crew } from './crew.js';
import type { FeatureSet } from './feature-set.js';
import { type BatchPlan, shardsOfStep, stepsPerEpoch } from './plan.js';
import { updateRunningStatistics } from './running-statistics.js';
import { learningRate, type ScheduleName } from './schedule.js';
import type { ShardJob, SharedState } from './share.js';

/** Settings of one training run. */
export interface TrainingSettings {
  family: string;
  config: unknown;
  /** Channels of the features, fine to coarse. */
  channels: readonly number[];
  featureScale: readonly number[];
  batch: number;
  shard: number;
  seed: number;
  /** Peak learning rate, as used. */
  rate: number;
  schedule: ScheduleName;
  weightDecay: number;
  clipNorm: number;
  /** The run ends after this many steps … */
  steps: number | null;
  /** … or this many seconds, whichever is set. */
  budgetSeconds: number | null;
}

/** Where and how the run is carried out; nothing here changes its result beyond rounding. */
export interface TrainingMeans {
  engine: string;
  /** 0 trains in the calling thread. */
  threads: number;
  checkpoint: {
    path: string;
    everySeconds: number;
    resume: boolean;
    fingerprint: string;
    /** Stored with it: see `RunState`. */
    asked?: Record<string, unknown> | undefined;
  };
  signal?: AbortSignal;
}

export interface TrainingStep {
  step: number;
  epoch: number;
  loss: number;
  rate: number;
  /** Share of the run that is done, 0..1. */
  progress: number;
  elapsedSeconds: number;
  /** Whether this step ends an epoch. */
  endsEpoch: boolean;
}

/** A training run: yields every step, keeps checkpoints, and holds the parameters when it is through. */
export class Trainer {
  readonly block: ParameterBlock;
  private readonly state: SharedState;
  private readonly plan: BatchPlan;
  private run: RunState;

  constructor(
    private readonly set: FeatureSet,
    private readonly settings: TrainingSettings,
    private readonly means: TrainingMeans,
  ) {
    const family = trainedFamily(settings.family);
    this.block = new ParameterBlock(family.parameters(settings.config, settings.channels));
    this.block.initialise(createRandom(settings.seed));
    const shared = () => new Float32Array(new SharedArrayBuffer(this.block.values.byteLength));
    this.state = {
      values: this.block.values,
      moments: { first: shared(), second: shared() },
      gradient: shared(),
      turns: new Int32Array(new SharedArrayBuffer(4)),
    };
    const { batch, shard, seed } = settings;
    this.plan = { images: set.images.length, batch: Math.min(batch, set.images.length), shard, seed };
    const { fingerprint, asked } = means.checkpoint;
    this.run = { fingerprint, step: 0, elapsedSeconds: 0, losses: [], asked };
  }

  /** Loss of every step so far. */
  get losses(): RunState['losses'] {
    return this.run.losses;
  }

  get elapsedSeconds(): number {
    return this.run.elapsedSeconds;
  }

  /** @throws MambaadError when the loss is no longer a number; what `signal` aborts with */
  async *steps(): AsyncGenerator<TrainingStep> {
    const { checkpoint, signal } = this.means;
    if (checkpoint.resume)
      this.run = (await loadCheckpoint(checkpoint.path, checkpoint.fingerprint, this.state)) ?? this.run;
    const crew = await this.assemble();
    try {
      const before = this.run.elapsedSeconds;
      const start = performance.now();
      let saved = start;
      while (this.progress() < 1) {
        signal?.throwIfAborted();
        const step = await this.oneStep(crew);
        const now = performance.now();
        this.run.elapsedSeconds = before + (now - start) / 1000;
        if (now - saved > 1000 * checkpoint.everySeconds) {
          await crew.settle();
          await saveCheckpoint(checkpoint.path, this.run, this.state);
          saved = performance.now();
        }
        yield { ...step, progress: this.progress(), elapsedSeconds: this.run.elapsedSeconds };
      }
      await crew.settle();
    } finally {
      await crew.close();
    }
  }

  private assemble(): Promise<Crew> {
    const { family, config, channels, featureScale, weightDecay } = this.settings;
    const optimiser = { ...trainedFamily(family).training.optimiser, weightDecay };
    const { engine, threads } = this.means;
    return assembleCrew(threads, {
      family,
      config,
      channels,
      set: this.set,
      featureScale,
      optimiser,
      state: this.state,
      engine,
    });
  }

  private progress(): number {
    const { steps, budgetSeconds } = this.settings;
    if (steps !== null) return this.run.step / steps;
    return budgetSeconds !== null ? this.run.elapsedSeconds / budgetSeconds : 1;
  }

  private async oneStep(crew: Crew): Promise<Omit<TrainingStep, 'progress' | 'elapsedSeconds'>> {
    const { schedule, rate: peak, clipNorm } = this.settings;
    const jobs = shardsOfStep(this.plan, this.run.step);
    const shares: ShardJob[][] = Array.from({ length: crew.size }, () => []);
    jobs.forEach((job, i) => {
      shares[i % crew.size]!.push(job);
    });
    const results = await crew.gradients(shares);
    const ordered = jobs.map((_, i) => results[i % crew.size]![Math.floor(i / crew.size)]!);
    const loss = ordered.reduce((sum, { loss }, i) => sum + jobs[i]!.weight * loss, 0);
    if (!Number.isFinite(loss)) {
      throw new MambaadError(
        `training diverged at step ${this.run.step + 1}: the loss is ${loss}; lower --lr (now ${peak})`,
      );
    }
    const norm = Math.sqrt(await crew.squaredNorm());
    const rate = learningRate(schedule, peak, this.progress());
    this.run.step++;
    // PyTorch's clip_grad_norm_ adds the same 1e-6.
    await crew.update({ step: this.run.step, rate, gradientScale: Math.min(1, clipNorm / (norm + 1e-6)) });
    updateRunningStatistics(
      this.state.values,
      ordered,
      jobs.map(({ weight }) => weight),
    );
    this.run.losses.push({ step: this.run.step, loss });
    const perEpoch = stepsPerEpoch(this.plan);
    return {
      step: this.run.step,
      epoch: Math.ceil(this.run.step / perEpoch),
      loss,
      rate,
      endsEpoch: this.run.step % perEpoch === 0,
    };
  }
}
