import type { Tensor, Tensor3D } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';

/**
 * K linear maps side by side, each with its own matrix: `x [...,K,I] · weight [K,I,O]` → `[...,K,O]`.
 *
 * @throws Error when the shapes do not fit
 */
export function groupedLinear(x: Tensor, weight: Tensor): Tensor {
  const [K, I, O] = weight.shape as [number, number, number];
  const leading = x.shape.slice(0, -2);
  if (weight.rank !== 3 || x.rank < 2 || x.shape.at(-2) !== K || x.shape.at(-1) !== I) {
    throw new Error(
      `groupedLinear: x is [${x.shape}] and weight [${weight.shape}], expected [...,K,I] and [K,I,O].`,
    );
  }
  const rows = x.reshape([-1, K, I]) as Tensor3D;
  return composed(rows, weight).reshape([...leading, K, O]);
}

function composed(x: Tensor3D, weight: Tensor): Tensor {
  return tf.transpose(tf.matMul(tf.transpose(x, [1, 0, 2]), weight), [1, 0, 2]);
}
