import type { Tensor } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import { hasKernel, withGradient } from '../with-gradient.js';

/**
 * K linear maps side by side, each with its own matrix: `x [...,K,I] · weight [K,I,O]` → `[...,K,O]`.
 *
 * @throws Error when the shapes do not fit
 */
export function groupedLinear(x: Tensor, weight: Tensor): Tensor {
  const [K, I, O] = weight.shape as [number, number, number];
  if (weight.rank !== 3 || x.rank < 2 || x.shape.at(-2) !== K || x.shape.at(-1) !== I) {
    throw new Error(
      `groupedLinear: x is [${x.shape}] and weight [${weight.shape}], expected [...,K,I] and [K,I,O].`,
    );
  }
  return tf.tidy(() => {
    const rows = tf.reshape(x, [-1, K, I]);
    const y = hasKernel('GroupedLinear') ? inPlace(rows, weight) : composed(rows, weight);
    return tf.reshape(y, [...x.shape.slice(0, -2), K, O]);
  });
}

function composed(x: Tensor, weight: Tensor): Tensor {
  return tf.transpose(tf.matMul(tf.transpose(x, [1, 0, 2]), weight), [1, 0, 2]);
}

/** On engines that multiply matrices where they lie: no transposed copies. */
function inPlace(x: Tensor, weight: Tensor): Tensor {
  return withGradient([x, weight], (inputs) => ({
    value: tf.engine().runKernel('GroupedLinear', { x: inputs[0]!, weight: inputs[1]! }) as Tensor,
    saved: inputs,
    gradient: (dy, [savedX, savedWeight]) =>
      tf.engine().runKernel('GroupedLinearGrad', { x: savedX!, weight: savedWeight!, dy }) as Tensor[],
  }));
}
