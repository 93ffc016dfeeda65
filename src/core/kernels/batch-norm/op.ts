import type { Tensor } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import { hasKernel, withGradient } from '../with-gradient.js';

export interface BatchNormOptions {
  eps: number;
  /** Whether the result goes through a ReLU. */
  relu?: boolean;
  /** Told the batch's mean and biased variance, `[C]` each; they live no longer than the call. */
  onStatistics?(mean: Tensor, variance: Tensor): void;
}

/**
 * Batch normalisation of `[...,C]` with the batch's own statistics over all axes but the last (Ioffe and Szegedy 2015,
 * algorithm 1), then scale and shift. Runs the kernel `BatchNormTraining` where the backend has one.
 *
 * @param weight `[C]`
 * @param bias `[C]`
 */
export function batchNormTraining(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { eps, relu = false, onStatistics }: BatchNormOptions,
): Tensor {
  if (!hasKernel('BatchNormTraining')) return composed(x, weight, bias, { eps, relu, onStatistics });
  const attrs = { eps, activation: relu ? 'relu' : 'none' };
  return withGradient([x, weight, bias], ([x, weight, bias]) => {
    const inputs = { x: x!, weight: weight!, bias: bias! };
    const outputs = tf.engine().runKernel('BatchNormTraining', inputs, attrs);
    const [value, statistics] = outputs as [Tensor, Tensor];
    if (onStatistics) {
      const [mean, variance] = tf.unstack(statistics) as [Tensor, Tensor];
      onStatistics(mean, variance);
    }
    return {
      value,
      saved: [x!, weight!, bias!, statistics],
      gradient: (dy, [x, weight, bias, statistics]) => {
        const kept = { x: x!, weight: weight!, bias: bias!, statistics: statistics!, dy };
        return tf.engine().runKernel('BatchNormTrainingGrad', kept, attrs) as Tensor[];
      },
    };
  });
}

function composed(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { eps, relu, onStatistics }: BatchNormOptions,
): Tensor {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const mean = tf.mean(x, axes);
  const variance = tf.mean(tf.square(tf.sub(x, mean)), axes);
  onStatistics?.(mean, variance);
  const gain = tf.mul(weight, tf.rsqrt(tf.add(variance, eps)));
  const y = tf.add(tf.mul(x, gain), tf.sub(bias, tf.mul(mean, gain)));
  return relu ? tf.relu(y) : y;
}
