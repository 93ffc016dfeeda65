import type { Tensor } from '@tensorflow/tfjs';
import type { ParameterSpec, Weights } from '../nn/parameter.js';
import type { Random } from '../nn/random.js';
import type { Ops } from '../ops/ops.js';

/** What every kind of detector has: named configs, and tensors of known names and shapes. */
interface FamilyBase<Config> {
  readonly name: string;
  /** Named configs: `paper` is the publication's, `small` trains in minutes on two cores. */
  readonly presets: Readonly<Record<string, Config>>;
  /** The encoder of the publication. */
  readonly encoder: string;
  /** Channels of the teacher's maps that the config expects, fine to coarse; null takes any. */
  teacherChannels(config: Config): readonly number[] | null;
  /**
   * Told before training what the teacher's maps look like: `[H,W,C]` each, fine to coarse.
   *
   * @throws ConfigError when the config does not fit them
   */
  accept?(config: Config, shapes: readonly (readonly number[])[]): void;
  /** @param channels of the teacher's maps, fine to coarse */
  parameters(config: Config, channels: readonly number[]): ParameterSpec[];
}

/** What the student must reproduce and what it produced, scale by scale, each `[B,H,W,C]`. */
export interface Reconstruction<T> {
  targets: readonly T[];
  outputs: readonly T[];
}

/** Optimiser settings of the publication; the command line may override them. */
export interface TrainingDefaults {
  optimiser: { betas: readonly [number, number]; eps: number; weightDecay: number };
  /** Peak, at the batch of the publication. */
  learningRate: number;
  batch: number;
  epochs: number;
  /** Global gradient norm above which gradients are scaled down. */
  clipNorm: number;
}

/** A kind of detector that is trained by gradient descent to reproduce a frozen teacher's features. */
export interface DetectorFamily<Config> extends FamilyBase<Config> {
  readonly training: TrainingDefaults;
  /** @param features the teacher's maps, fine to coarse, each `[B,H,W,C]` */
  reconstruct<T>(ops: Ops<T>, w: Weights<T>, features: readonly T[], config: Config): Reconstruction<T>;
  /** Scalar, averaged over the batch. */
  loss<T>(ops: Ops<T>, reconstruction: Reconstruction<T>): T;
  /** Anomaly map `[B,size,size]`. */
  anomalyMap<T>(ops: Ops<T>, reconstruction: Reconstruction<T>, size: number): T;
  /** Image score `[B]` of a map. */
  imageScore<T>(ops: Ops<T>, map: T): T;
}

/** The training images of a family that is fitted: read one at a time, so that they may exceed memory. */
export interface FeatureSource {
  readonly images: number;
  /** `[H,W,C]` of each scale, fine to coarse. */
  readonly shapes: readonly (readonly number[])[];
  /** The scaled maps of one image, each `[1,H,W,C]`, on the current engine; the caller disposes of them. */
  read(image: number): Tensor[];
}

/** How far a fit has come, 0..1. */
export interface FitProgress {
  done: number;
  doing: string;
}

export interface Fitted<Config> {
  config: Config;
  tensors: ReadonlyMap<string, Float32Array>;
  error: number;
}

/** A kind of detector that is made from the features directly, without gradients. */
export interface FittedFamily<Config> extends FamilyBase<Config> {
  /**
   * Yields its progress. The result is the config with whatever sizes the data decided (so that `parameters` of it
   * declares `tensors`), the tensors in disk layout, and how far the fit is from the data (0 is perfect).
   */
  fit(source: FeatureSource, config: Config, random: Random): AsyncGenerator<FitProgress, Fitted<Config>>;
  /** Numbers kept and multiply-accumulates an image; null where the data decides. */
  cost(
    config: Config,
    shapes: readonly (readonly number[])[],
  ): { parameters: number; products: number } | null;
  /**
   * Anomaly map `[1,size,size]` and image score `[1]` of one image, on the current engine.
   *
   * @param features the teacher's maps, fine to coarse, each `[1,H,W,C]`
   */
  score(
    w: Weights<Tensor>,
    features: readonly Tensor[],
    config: Config,
    size: number,
  ): { map: Tensor; rawScore: Tensor };
}

export type Family<Config> = DetectorFamily<Config> | FittedFamily<Config>;

/** What is known of a family without a computing library: enough to list and to count it. */
export type DescribedFamily<Config> = DetectorFamily<Config> | Omit<FittedFamily<Config>, 'fit' | 'score'>;

/** Whether a family is fitted rather than trained. */
export function isFitted<Config>(family: Family<Config>): family is FittedFamily<Config> {
  return 'fit' in family;
}
