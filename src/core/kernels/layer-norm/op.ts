import type { Tensor } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import { hasKernel, withGradient } from '../with-gradient.js';

/**
 * Layer normalisation over the last axis with biased variance, then scale and shift. Runs the kernel `LayerNorm` where
 * the backend has one.
 *
 * @param weight `[C]`
 * @param bias `[C]`
 * @returns the shape of x
 * @throws Error when weight or bias do not fit x
 */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, eps: number): Tensor {
  const channels = x.shape.at(-1)!;
  if (weight.shape.join() !== `${channels}` || bias.shape.join() !== `${channels}`) {
    throw new Error(
      `layerNorm: weight is [${weight.shape}] and bias [${bias.shape}], expected [${channels}] for x [${x.shape}].`,
    );
  }
  if (!hasKernel('LayerNorm')) return composed(x, weight, bias, eps);
  return withGradient([x, weight, bias], ([x, weight, bias]) => {
    const inputs = { x: x!, weight: weight!, bias: bias! };
    const [value, statistics] = tf.engine().runKernel('LayerNorm', inputs, { eps }) as [Tensor, Tensor];
    return {
      value,
      saved: [x!, weight!, statistics],
      gradient: (dy, [x, weight, statistics]) =>
        tf.engine().runKernel('LayerNormGrad', {
          x: x!,
          weight: weight!,
          statistics: statistics!,
          dy,
        }) as Tensor[],
    };
  });
}

function composed(x: Tensor, weight: Tensor, bias: Tensor, eps: number): Tensor {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(x, -1, true);
    return x
      .sub(mean)
      .mul(tf.rsqrt(variance.add(eps)))
      .mul(weight)
      .add(bias);
  });
}
