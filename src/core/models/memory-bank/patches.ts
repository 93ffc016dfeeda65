import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import type { MemoryBankConfig } from './config.js';
import { patchGrid } from './patch-shape.js';

/**
 * Locally aware patch features (PatchCore eq. 2): the chosen maps, each averaged over a window, enlarged to the finest
 * one's size and put together. `[1,H,W,C]` of every scale → `[L,C]`.
 */
export function patchFeatures(
  features: readonly Tensor[],
  shape: Pick<MemoryBankConfig, 'scales' | 'neighbourhood'>,
): Tensor {
  return tf.tidy(() => {
    const shapes = features.map((map) => map.shape.slice(1));
    const [height, width] = patchGrid(shapes, shape);
    const maps = shape.scales.map((scale) => {
      // Beyond the border there is nothing to average: TensorFlow counts what lies inside.
      const pooled = tf.avgPool(features[scale - 1] as Tensor4D, shape.neighbourhood, 1, 'same');
      const [, h, w] = pooled.shape;
      if (h === height && w === width) return pooled;
      return tf.image.resizeBilinear(pooled, [height, width], false, true);
    });
    return tf.concat(maps, 3).reshape([height * width, -1]);
  });
}
