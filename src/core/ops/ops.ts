// Glossary: B batch · H, W map side · L = H·W pixels · C channels · D inner channels · N = 16 states · K directions

import type { VisitingOrder } from '../scan/visiting-order.js';

/** Parameters of an inference-time or training-time batch normalisation, each `[C]`. */
export interface BatchNormWeights<T> {
  mean: T;
  variance: T;
  weight: T;
  bias: T;
}

/** Inputs of one selective scan over K visiting orders; see kernels/selective-scan/op.ts. */
export interface SelectiveScanArgs<T> {
  /** `[B,L,D]` the sequence, in map order. */
  u: T;
  /** `[B,L,K,D]` step sizes before bias and softplus. */
  delta: T;
  /** `[B,L,K,N]` input projections. */
  b: T;
  /** `[B,L,K,N]` output projections. */
  c: T;
  /** `[K,D,N]` state matrix, negative: `-exp(A_log)`. */
  a: T;
  /** `[K,D]` skip weights. */
  d: T;
  /** `[K,D]` added to delta before the softplus. */
  deltaBias: T;
  order: VisitingOrder;
}

/** Inputs of scans of one map along several orders, before its projections are taken apart. */
export interface ProjectedScanArgs<T> extends Pick<SelectiveScanArgs<T>, 'u' | 'a' | 'd' | 'deltaBias'> {
  /** `[B,L,K,R+2N]`: low-rank delta, b and c of every pixel. */
  projected: T;
  /** `[K,R,D]`: delta is the low-rank delta times these. */
  stepWeights: T;
  orders: readonly VisitingOrder[];
}

export interface ConvOptions<T> {
  /** Default 1. */
  stride?: number;
  /** Zero padding on every side. Default 0. */
  pad?: number;
  /** `[O]`. */
  bias?: T;
}

/**
 * The operations a detector is made of. A network is written once against this interface; `TfOps` runs it with
 * gradients on any TensorFlow.js backend, `OnnxOps` writes it down as an ONNX graph.
 *
 * Layout is channels-last everywhere. The batch is the first axis and may be unknown (`-1`) to an interpreter, so
 * networks write `-1` for it in `reshape` and never read it.
 */
export interface Ops<T> {
  shapeOf(x: T): number[];
  constant(values: Float32Array, shape: readonly number[]): T;
  /** Runs `body`; whatever it made and does not return may be freed. Interpreters without memory just run it. */
  scope<R extends T | T[]>(body: () => R): R;

  /** Element-wise with NumPy broadcasting. */
  add(x: T, y: T): T;
  sub(x: T, y: T): T;
  mul(x: T, y: T): T;
  div(x: T, y: T): T;
  /** `x · factor`. */
  scale(x: T, factor: number): T;
  /** `x + offset`. */
  shift(x: T, offset: number): T;
  maximum(x: T, floor: number): T;
  exp(x: T): T;
  sqrt(x: T): T;
  square(x: T): T;
  relu(x: T): T;
  sigmoid(x: T): T;
  silu(x: T): T;
  /** `x · silu(z)`. */
  siluGate(x: T, z: T): T;
  softmax(x: T): T;

  /** Batched matrix product over the last two axes; the leading axes of `x` and `y` are equal or broadcast. */
  matMul(x: T, y: T, transposeX?: boolean, transposeY?: boolean): T;
  /** `x [...,I] · weight [I,O] + bias [O]`. */
  linear(x: T, weight: T, bias?: T): T;
  /** Each of K groups has its own matrix: `x [...,K,I] · weight [K,I,O]` → `[...,K,O]`. */
  groupedLinear(x: T, weight: T): T;
  /** `x [B,H,W,I]`, `weight [kh,kw,I,O]`. */
  conv2d(x: T, weight: T, options?: ConvOptions<T>): T;
  /** `x [B,H,W,I]`, `weight [kh,kw,O,I]`, no padding; the transpose of a strided convolution. */
  convTranspose2d(x: T, weight: T, options: { stride: number }): T;
  /** `x [B,H,W,C]`, `weight [k,k,C,1]`; `pad` defaults to `(k-1)/2`. */
  depthwise(x: T, weight: T, options?: ConvOptions<T>): T;
  maxPool(x: T, options: { size: number; stride: number; pad: number }): T;
  avgPool(x: T, options: { size: number; stride: number; pad: number }): T;

  /** Over the last axis, biased variance. */
  layerNorm(x: T, weight: T, bias: T, eps: number): T;
  /** Over H and W of each image and channel, biased variance, no affine part, statistics at test time too. */
  instanceNorm(x: T, eps: number): T;
  /** `silu(instanceNorm(x))`, one pass where an engine can. */
  instanceNormSilu(x: T, eps: number): T;
  /** Running statistics in evaluation; batch statistics (and an update of the running ones) in training. */
  batchNorm(x: T, weights: BatchNormWeights<T>, eps: number): T;
  /** Drops whole samples with probability `rate` in training and rescales the rest; identity in evaluation. */
  dropPath(x: T, rate: number): T;
  /** Element-wise dropout in training; identity in evaluation. */
  dropout(x: T, rate: number): T;
  /** Adds Gaussian noise in training; `std` is drawn per sample from `stds`. Identity in evaluation. */
  addNoise(x: T, stds: readonly number[]): T;

  reshape(x: T, shape: readonly number[]): T;
  transpose(x: T, permutation: readonly number[]): T;
  concat(xs: readonly T[], axis: number): T;
  split(x: T, sizes: readonly number[], axis: number): T[];
  sum(x: T, axes: readonly number[], keepDims?: boolean): T;
  mean(x: T, axes: readonly number[], keepDims?: boolean): T;
  max(x: T, axes: readonly number[], keepDims?: boolean): T;
  /** Mean of the `count` largest numbers of each row: `[B,L]` → `[B]`. For evaluation: it has no gradient. */
  topMean(x: T, count: number): T;
  /** `[B,H,W,C]` → `[B,h,w,C]`, corners aligned (PyTorch `align_corners=True`). */
  resizeBilinear(x: T, size: readonly [number, number]): T;

  /** K selective scans of one map, summed: `[B,L,D]`. */
  selectiveScan(args: SelectiveScanArgs<T>): T;
  /** The scans with the projections before them, one result an order, for interpreters that do them in one. */
  projectedScan?(args: ProjectedScanArgs<T>): T[];
}
