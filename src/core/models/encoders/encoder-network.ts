import type { ParameterSpec, Weights } from '../../nn/parameter.js';
import type { Ops } from '../../ops/ops.js';

/** A convolution and the normalisation behind it, which is folded into it when the weights are loaded. */
export interface NormalisedConv {
  /** The convolution's name; also where the folded `weight` and `bias` are found. */
  readonly conv: string;
  readonly norm: string;
  readonly eps: number;
  /** Puts a row and a column of zeros before the kernel: how TensorFlow's one-sided padding is written with ours. */
  readonly leadingZeros?: boolean;
}

/** How a family of checkpoints calls the tensors of a convolution and of a batch normalisation. */
export interface TensorNames {
  readonly weight: string;
  readonly bias: string;
  readonly gamma: string;
  readonly beta: string;
  readonly mean: string;
  readonly variance: string;
}

/** The names of PyTorch's checkpoints (torchvision, timm). */
export const torchNames: TensorNames = {
  weight: '.weight',
  bias: '.bias',
  gamma: '.weight',
  beta: '.bias',
  mean: '.running_mean',
  variance: '.running_var',
};

/** A pretrained network, cut off behind its coarsest scale of interest. */
export interface EncoderNetwork {
  readonly name: string;
  /** Width and height. */
  readonly inputSize: readonly [number, number];
  /** Names what `preprocess` does. */
  readonly preprocessing: string;
  /** Of each scale, fine to coarse. */
  readonly channels: readonly number[];
  /** Input pixels per map pixel of each scale. */
  readonly strides: readonly number[];
  /** The tensors as the published checkpoint has them. */
  readonly parameters: readonly ParameterSpec[];
  readonly names: TensorNames;
  readonly convolutions: readonly NormalisedConv[];
  /** RGB 0…255 `[B,H,W,3]` → what the first convolution takes, same shape. */
  preprocess<T>(ops: Ops<T>, pixels: T): T;
  /** @returns the maps, fine to coarse, `[B,h,w,C]` */
  features<T>(ops: Ops<T>, w: Weights<T>, x: T): T[];
}

/** `(pixels − mean) · factor` per channel of RGB. */
export function normalisePixels<T>(
  ops: Ops<T>,
  pixels: T,
  mean: readonly number[],
  factor: readonly number[],
): T {
  const centred = ops.sub(pixels, ops.constant(Float32Array.from(mean), [3]));
  return ops.mul(centred, ops.constant(Float32Array.from(factor), [3]));
}

/** The ImageNet statistics that torchvision and timm train with, on pixels divided by 255. */
export function imagenetPixels<T>(ops: Ops<T>, pixels: T): T {
  const mean = [0.485, 0.456, 0.406].map((m) => m * 255);
  const factor = [0.229, 0.224, 0.225].map((s) => 1 / (255 * s));
  return normalisePixels(ops, pixels, mean, factor);
}
