import type { Tensor } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import { silu } from '../silu/op.js';

/** Instance normalisation of `[B,H,W,C]` over H and W, biased variance, no affine part. */
export function instanceNorm(x: Tensor, eps: number): Tensor {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(x, [1, 2], true);
    return x.sub(mean).mul(tf.rsqrt(variance.add(eps)));
  });
}

/** `silu(instanceNorm(x))`. */
export function instanceNormSilu(x: Tensor, eps: number): Tensor {
  return silu(instanceNorm(x, eps));
}
