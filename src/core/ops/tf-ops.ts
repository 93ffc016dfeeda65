import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import { batchNormTraining } from '../kernels/batch-norm/op.js';
import { groupedLinear } from '../kernels/grouped-linear/op.js';
import { instanceNorm, instanceNormSilu } from '../kernels/instance-norm-silu/op.js';
import { layerNorm } from '../kernels/layer-norm/op.js';
import { linear } from '../kernels/linear/op.js';
import { selectiveScan } from '../kernels/selective-scan/op.js';
import { silu, siluGate } from '../kernels/silu/op.js';
import type { Random } from '../nn/random.js';
import { tf } from '../runtime/tf.js';
import { explicitPadding } from './explicit-padding.js';
import type { BatchNormWeights, ConvOptions, Ops, SelectiveScanArgs } from './ops.js';

/** What a training pass needs beyond an evaluation pass. */
export interface TrainingMode {
  /** Source of drop-path masks and noise. */
  random: Random;
  /** Told the statistics of every batch normalisation: mean and unbiased variance, `[C]` each. */
  onBatchStatistics(weights: BatchNormWeights<Tensor>, mean: Tensor, variance: Tensor): void;
}

/** Runs a network eagerly, with gradients, on whatever TensorFlow.js backend is current. */
export class TfOps implements Ops<Tensor> {
  constructor(private readonly training?: TrainingMode) {}

  shapeOf(x: Tensor): number[] {
    return x.shape.slice();
  }

  constant(values: Float32Array, shape: readonly number[]): Tensor {
    return tf.tensor(values, [...shape], 'float32');
  }

  scope<R extends Tensor | Tensor[]>(body: () => R): R {
    return tf.tidy(body);
  }

  add(x: Tensor, y: Tensor): Tensor {
    return tf.add(x, y);
  }

  sub(x: Tensor, y: Tensor): Tensor {
    return tf.sub(x, y);
  }

  mul(x: Tensor, y: Tensor): Tensor {
    return tf.mul(x, y);
  }

  div(x: Tensor, y: Tensor): Tensor {
    return tf.div(x, y);
  }

  scale(x: Tensor, factor: number): Tensor {
    return tf.mul(x, factor);
  }

  shift(x: Tensor, offset: number): Tensor {
    return tf.add(x, offset);
  }

  maximum(x: Tensor, floor: number): Tensor {
    return tf.maximum(x, floor);
  }

  exp(x: Tensor): Tensor {
    return tf.exp(x);
  }

  sqrt(x: Tensor): Tensor {
    return tf.sqrt(x);
  }

  square(x: Tensor): Tensor {
    return tf.square(x);
  }

  relu(x: Tensor): Tensor {
    return tf.relu(x);
  }

  sigmoid(x: Tensor): Tensor {
    return tf.sigmoid(x);
  }

  silu(x: Tensor): Tensor {
    return silu(x);
  }

  siluGate(x: Tensor, z: Tensor): Tensor {
    return siluGate(x, z);
  }

  softmax(x: Tensor): Tensor {
    return tf.softmax(x);
  }

  matMul(x: Tensor, y: Tensor, transposeX = false, transposeY = false): Tensor {
    return tf.matMul(x, y, transposeX, transposeY);
  }

  linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
    return linear(x, weight, bias);
  }

  groupedLinear(x: Tensor, weight: Tensor): Tensor {
    return groupedLinear(x, weight);
  }

  conv2d(x: Tensor, weight: Tensor, options: ConvOptions<Tensor> = {}): Tensor {
    const { stride = 1, pad = 0, bias } = options;
    const [kh, kw, inner, outer] = weight.shape as [number, number, number, number];
    // A 1×1 convolution is a matrix product, and the backends multiply matrices best.
    if (kh === 1 && kw === 1 && stride === 1 && pad === 0) {
      return this.linear(x, weight.reshape([inner, outer]), bias);
    }
    const [image, rest] = explicitPadding(x, pad);
    const rounding = rest === 'valid' ? undefined : 'floor';
    const y = tf.conv2d(image, weight as Tensor4D, stride, rest, 'NHWC', 1, rounding);
    return bias ? tf.add(y, bias) : y;
  }

  convTranspose2d(x: Tensor, weight: Tensor, { stride }: { stride: number }): Tensor {
    const [batch, height, width] = x.shape as [number, number, number, number];
    const [kh, kw, outer] = weight.shape as [number, number, number, number];
    const shape: [number, number, number, number] = [
      batch,
      (height - 1) * stride + kh,
      (width - 1) * stride + kw,
      outer,
    ];
    return tf.conv2dTranspose(x as Tensor4D, weight as Tensor4D, shape, stride, 'valid');
  }

  depthwise(x: Tensor, weight: Tensor, options: ConvOptions<Tensor> = {}): Tensor {
    const size = weight.shape[0]!;
    const { stride = 1, pad = (size - 1) / 2, bias } = options;
    const same = stride === 1 && pad === (size - 1) / 2;
    const [image, rest] = same ? [x as Tensor4D, 'same' as const] : explicitPadding(x, pad);
    const rounding = typeof rest === 'number' ? 'floor' : undefined;
    const y = tf.depthwiseConv2d(image, weight as Tensor4D, stride, rest, 'NHWC', 1, rounding);
    return bias ? tf.add(y, bias) : y;
  }

  maxPool(x: Tensor, { size, stride, pad }: { size: number; stride: number; pad: number }): Tensor {
    const [image, rest] = explicitPadding(x, pad, Number.NEGATIVE_INFINITY);
    return tf.maxPool(image, size, stride, rest, rest === 'valid' ? undefined : 'floor');
  }

  avgPool(x: Tensor, { size, stride, pad }: { size: number; stride: number; pad: number }): Tensor {
    return tf.avgPool(x as Tensor4D, size, stride, pad, 'floor');
  }

  layerNorm(x: Tensor, weight: Tensor, bias: Tensor, eps: number): Tensor {
    return layerNorm(x, weight, bias, eps);
  }

  instanceNorm(x: Tensor, eps: number): Tensor {
    return instanceNorm(x, eps);
  }

  instanceNormSilu(x: Tensor, eps: number): Tensor {
    return instanceNormSilu(x, eps);
  }

  batchNorm(x: Tensor, weights: BatchNormWeights<Tensor>, eps: number): Tensor {
    if (!this.training) return normalise(x, weights.mean, weights.variance, weights, eps);
    const { onBatchStatistics } = this.training;
    const count = x.size / x.shape.at(-1)!;
    return batchNormTraining(x, weights.weight, weights.bias, {
      eps,
      onStatistics: (mean, variance) =>
        onBatchStatistics(weights, mean, tf.mul(variance, count / Math.max(1, count - 1))),
    });
  }

  dropPath(x: Tensor, rate: number): Tensor {
    if (!this.training || rate === 0) return x;
    const { random } = this.training;
    const keep = Float32Array.from({ length: x.shape[0]! }, () =>
      random.uniform() < rate ? 0 : 1 / (1 - rate),
    );
    return tf.mul(x, tf.tensor(keep, [keep.length, ...x.shape.slice(1).fill(1)]));
  }

  dropout(x: Tensor, rate: number): Tensor {
    if (!this.training || rate === 0) return x;
    const { random } = this.training;
    const keep = Float32Array.from({ length: x.size }, () => (random.uniform() < rate ? 0 : 1 / (1 - rate)));
    return tf.mul(x, tf.tensor(keep, x.shape));
  }

  addNoise(x: Tensor, stds: readonly number[]): Tensor {
    if (!this.training) return x;
    const { random } = this.training;
    const noise = new Float32Array(x.size);
    const perSample = x.size / x.shape[0]!;
    for (let start = 0; start < noise.length; start += perSample) {
      const std = stds[random.integer(stds.length)]!;
      for (let i = start; i < start + perSample; i++) noise[i] = std * random.normal();
    }
    return tf.add(x, tf.tensor(noise, x.shape));
  }

  reshape(x: Tensor, shape: readonly number[]): Tensor {
    return tf.reshape(x, [...shape]);
  }

  transpose(x: Tensor, permutation: readonly number[]): Tensor {
    return tf.transpose(x, [...permutation]);
  }

  concat(xs: readonly Tensor[], axis: number): Tensor {
    return tf.concat([...xs], axis);
  }

  split(x: Tensor, sizes: readonly number[], axis: number): Tensor[] {
    return tf.split(x, [...sizes], axis);
  }

  sum(x: Tensor, axes: readonly number[], keepDims = false): Tensor {
    return tf.sum(x, [...axes], keepDims);
  }

  mean(x: Tensor, axes: readonly number[], keepDims = false): Tensor {
    return tf.mean(x, [...axes], keepDims);
  }

  max(x: Tensor, axes: readonly number[], keepDims = false): Tensor {
    return tf.max(x, [...axes], keepDims);
  }

  topMean(x: Tensor, count: number): Tensor {
    return tf.mean(tf.topk(x, count, false).values, 1);
  }

  resizeBilinear(x: Tensor, [height, width]: readonly [number, number]): Tensor {
    return tf.image.resizeBilinear(x as Tensor4D, [height, width], true);
  }

  selectiveScan(args: SelectiveScanArgs<Tensor>): Tensor {
    return selectiveScan(args);
  }
}

function normalise(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  { weight, bias }: BatchNormWeights<Tensor>,
  eps: number,
): Tensor {
  const gain = tf.mul(weight, tf.rsqrt(tf.add(variance, eps)));
  return tf.add(tf.mul(x, gain), tf.sub(bias, tf.mul(mean, gain)));
}
