/**
 * Length of the stretches whose squares are summed on their own. It belongs to the result: sums in another grouping
 * differ in their last digits, and clipping carries those into every weight.
 */
const stretch = 1 << 16;

/**
 * Squares of the gradient, summed over every `workers`-th stretch of it: one thread's part of the norm. Padding and
 * parameters that are not trained have no gradient, so they add nothing.
 *
 * @returns a sum for each of the thread's stretches, in their order
 */
export function squaresOf(gradient: Float32Array, worker: number, workers: number): number[] {
  const sums: number[] = [];
  for (let from = worker * stretch; from < gradient.length; from += workers * stretch) {
    const to = Math.min(from + stretch, gradient.length);
    let squares = 0;
    for (let i = from; i < to; i++) squares += gradient[i]! * gradient[i]!;
    sums.push(squares);
  }
  return sums;
}

/**
 * The squared norm out of every thread's sums, added in the order of the stretches: the same number for any number of
 * threads, to the bit.
 *
 * @param sums what `squaresOf` gave each thread
 */
export function squaredNorm(sums: readonly (readonly number[])[]): number {
  const stretches = sums.reduce((count, own) => count + own.length, 0);
  let squares = 0;
  for (let i = 0; i < stretches; i++) squares += sums[i % sums.length]![Math.floor(i / sums.length)]!;
  return squares;
}
