import type { Tensor } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';

/** `x · sigmoid(x)`. */
export function silu(x: Tensor): Tensor {
  return tf.mul(x, tf.sigmoid(x));
}

/** `x · silu(z)`, shapes equal. */
export function siluGate(x: Tensor, z: Tensor): Tensor {
  return tf.mul(x, silu(z));
}
