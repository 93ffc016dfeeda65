import type { ParameterSpec, Weights } from '../nn/parameter.js';
import type { Ops } from '../ops/ops.js';

/** What the student must reproduce and what it produced, scale by scale, each `[B,H,W,C]`. */
export interface Reconstruction<T> {
  targets: readonly T[];
  outputs: readonly T[];
}

/** Optimiser settings of the publication; the command line may override them. */
export interface TrainingDefaults {
  optimiser: { betas: readonly [number, number]; eps: number; weightDecay: number };
  /** At batch 16; scaled linearly with the batch. */
  learningRate: number;
  batch: number;
  epochs: number;
  /** Global gradient norm above which gradients are scaled down. */
  clipNorm: number;
}

/** A kind of detector that is trained by gradient descent to reproduce a frozen teacher's features. */
export interface DetectorFamily<Config> {
  readonly name: string;
  /** Named configs: `paper` is the publication's, `small` trains in minutes on two cores. */
  readonly presets: Readonly<Record<string, Config>>;
  readonly training: TrainingDefaults;
  /** Channels of the teacher's maps that the config expects, fine to coarse; null takes any. */
  teacherChannels(config: Config): readonly number[] | null;
  /** @param channels of the teacher's maps, fine to coarse */
  parameters(config: Config, channels: readonly number[]): ParameterSpec[];
  /** @param features the teacher's maps, fine to coarse, each `[B,H,W,C]` */
  reconstruct<T>(ops: Ops<T>, w: Weights<T>, features: readonly T[], config: Config): Reconstruction<T>;
  /** Scalar, averaged over the batch. */
  loss<T>(ops: Ops<T>, reconstruction: Reconstruction<T>): T;
  /** Anomaly map `[B,size,size]`. */
  anomalyMap<T>(ops: Ops<T>, reconstruction: Reconstruction<T>, size: number): T;
  /** Image score `[B]` of a map. */
  imageScore<T>(ops: Ops<T>, map: T): T;
}
