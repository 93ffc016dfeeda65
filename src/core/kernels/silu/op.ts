import type { Tensor } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import { hasKernel, withGradient } from '../with-gradient.js';

/** `x · sigmoid(x)`. Runs the kernel `Silu` where the backend has one. */
export function silu(x: Tensor): Tensor {
  if (!hasKernel('Silu')) return tf.mul(x, tf.sigmoid(x));
  return withGradient([x], ([input]) => ({
    value: tf.engine().runKernel('Silu', { x: input! }) as Tensor,
    saved: [input!],
    gradient: (dy, [saved]) => [tf.engine().runKernel('SiluGrad', { x: saved!, dy }) as Tensor],
  }));
}

/**
 * `x · silu(z)`. Runs the kernel `SiluGate` where the backend has one.
 *
 * @throws Error when the shapes differ
 */
export function siluGate(x: Tensor, z: Tensor): Tensor {
  if (x.shape.join() !== z.shape.join()) {
    throw new Error(`siluGate: x is [${x.shape}] and its gate [${z.shape}]; they must have the same shape.`);
  }
  if (!hasKernel('SiluGate')) return tf.mul(x, silu(z));
  return withGradient([x, z], ([value, gate]) => ({
    value: tf.engine().runKernel('SiluGate', { x: value!, z: gate! }) as Tensor,
    saved: [value!, gate!],
    gradient: (dy, [x, z]) => tf.engine().runKernel('SiluGateGrad', { x: x!, z: z!, dy }) as Tensor[],
  }));
}
