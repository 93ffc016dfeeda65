import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import { tf } from '../runtime/tf.js';

/**
 * libtensorflow's convolutions and pools take no padding in pixels; there the pixels are added first.
 *
 * @param x `[B,H,W,C]`
 * @returns the image, and the padding that is left for the operation to do
 */
export function explicitPadding(x: Tensor, pad: number, value = 0): [Tensor4D, number | 'valid'] {
  if (tf.getBackend() !== 'tensorflow') return [x as Tensor4D, pad];
  if (pad === 0) return [x as Tensor4D, 'valid'];
  const sides: [number, number][] = [
    [0, 0],
    [pad, pad],
    [pad, pad],
    [0, 0],
  ];
  return [tf.pad(x, sides, value) as Tensor4D, 'valid'];
}
