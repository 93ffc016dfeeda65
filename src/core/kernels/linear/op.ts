import type { Tensor } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import { hasKernel, withGradient } from '../with-gradient.js';

/**
 * `x [...,I] · weight [I,O] + bias [O]`; the bias costs nothing where the engine has the fused kernel.
 *
 * @throws Error when the shapes do not fit
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const [inner, outer] = weight.shape as [number, number];
  if (weight.rank !== 2 || x.shape.at(-1) !== inner || (bias && bias.size !== outer)) {
    throw new Error(
      `linear: x is [${x.shape}], weight [${weight.shape}] and bias ${bias ? `[${bias.shape}]` : 'absent'}, ` +
        'expected [...,I], [I,O] and [O].',
    );
  }
  return tf.tidy(() => {
    const rows = tf.reshape(x, [-1, inner]);
    const y = bias ? withBias(rows, weight, bias) : tf.matMul(rows, weight);
    return tf.reshape(y, [...x.shape.slice(0, -1), outer]);
  });
}

function withBias(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return hasKernel('Linear') ? fused(x, weight, bias) : tf.add(tf.matMul(x, weight), bias);
}

function fused(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return withGradient([x, weight, bias], ([x, weight, bias]) => ({
    value: tf.engine().runKernel('Linear', { x: x!, weight: weight!, bias: bias! }) as Tensor,
    saved: [x!, weight!],
    gradient: (dy, [x, weight]) => [
      tf.matMul(dy, weight!, false, true),
      tf.matMul(x!, dy, true, false),
      tf.reshape(tf.sum(dy, 0), bias!.shape),
    ],
  }));
}
