import type { Tensor } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import { silu } from '../silu/op.js';
import { hasKernel, withGradient } from '../with-gradient.js';

/**
 * Instance normalisation of `[B,H,W,C]` over H and W, biased variance, no affine part. Runs the kernel `InstanceNorm`
 * where the backend has one.
 */
export function instanceNorm(x: Tensor, eps: number): Tensor {
  return hasKernel('InstanceNorm') ? fused(x, eps, 'none') : composed(x, eps);
}

/** `silu(instanceNorm(x))`, as one kernel where the backend has it. */
export function instanceNormSilu(x: Tensor, eps: number): Tensor {
  return hasKernel('InstanceNorm') ? fused(x, eps, 'silu') : silu(composed(x, eps));
}

function fused(x: Tensor, eps: number, activation: 'none' | 'silu'): Tensor {
  if (x.rank !== 4) throw new Error(`instanceNorm: x is [${x.shape}], expected [B,H,W,C].`);
  return withGradient([x], ([input]) => {
    const attrs = { eps, activation };
    const outputs = tf.engine().runKernel('InstanceNorm', { x: input! }, attrs);
    const [value, statistics] = outputs as [Tensor, Tensor];
    return {
      value,
      saved: [input!, statistics],
      gradient: (dy, [x, statistics]) =>
        tf.engine().runKernel('InstanceNormGrad', { x: x!, statistics: statistics!, dy }, attrs) as Tensor[],
    };
  });
}

function composed(x: Tensor, eps: number): Tensor {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(x, [1, 2], true);
    return x.sub(mean).mul(tf.rsqrt(variance.add(eps)));
  });
}
