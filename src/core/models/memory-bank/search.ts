import type { Tensor } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';

const cells = 2 ** 21; // of the table of distances that exists at a time: 8 MB

/**
 * Squared distance of every patch to the nearest row of the bank, on the current engine.
 *
 * ‖x − m‖² = ‖x‖² + (x, 1)·(−2m, ‖m‖²): the product with every row at once is one matrix product, which engines do
 * best, and only its minimum is taken afterwards.
 *
 * @param patches `[L,C]`
 * @param bank `[N,C]`
 * @returns `[L]`
 */
export function nearestSquared(patches: Tensor, bank: Tensor): Tensor {
  return tf.tidy(() => {
    const [length, width] = patches.shape as [number, number];
    const rows = bank.shape[0]!;
    const extended = tf.concat([tf.mul(bank, -2), tf.sum(tf.square(bank), 1, true)], 1); // [N,C+1]
    const queries = tf.concat([patches, tf.ones([length, 1])], 1); // [L,C+1]
    const step = Math.max(1, Math.floor(cells / rows));
    const nearest: Tensor[] = [];
    for (let from = 0; from < length; from += step) {
      const part = tf.slice(queries, [from, 0], [Math.min(step, length - from), width + 1]);
      nearest.push(tf.tidy(() => tf.min(tf.matMul(part, extended, false, true), 1)));
    }
    const lengths = tf.sum(tf.square(patches), 1);
    // Rounding may leave a patch that lies in the bank a little below zero.
    return tf.maximum(tf.add(lengths, tf.concat(nearest)), 0);
  });
}

/** Distance of one point to every row of the bank. `[1,C]`, `[N,C]` → `[N]`. */
export function distances(point: Tensor, bank: Tensor): Float32Array {
  return tf.tidy(
    () =>
      tf
        .sqrt(tf.sum(tf.square(tf.sub(bank, point)), 1))
        .dataSync()
        .slice() as Float32Array,
  );
}

/** Indices of the smallest values, smallest first. */
export function smallest(values: Float32Array, count: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (best.length === count && values[i]! >= values[best.at(-1)!]!) continue;
    let place = best.length;
    while (place > 0 && values[best[place - 1]!]! > values[i]!) place--;
    best.splice(place, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}

export function indexOfLargest(values: Float32Array): number {
  let largest = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[largest]!) largest = i;
  return largest;
}
