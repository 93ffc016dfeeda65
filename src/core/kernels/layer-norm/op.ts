import type { Tensor } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';

/**
 * Layer normalisation over the last axis with biased variance, then scale and shift.
 *
 * @param weight `[C]`
 * @param bias `[C]`
 * @returns the shape of x
 */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, eps: number): Tensor {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(x, -1, true);
    return x
      .sub(mean)
      .mul(tf.rsqrt(variance.add(eps)))
      .mul(weight)
      .add(bias);
  });
}
