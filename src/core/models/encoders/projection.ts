import type { Random } from '../../nn/random.js';

/**
 * A fixed matrix `[from,to]` with orthonormal columns: the Q of a Gaussian matrix, so that projecting keeps lengths and
 * angles as well as any linear map of that width can (Johnson and Lindenstrauss 1984).
 *
 * Float64 Gram–Schmidt, once: the condition of a Gaussian matrix is small enough that float32 sees no error.
 *
 * @throws RangeError when `to` exceeds `from`
 */
export function semiOrthogonal(from: number, to: number, random: Random): Float32Array {
  if (to > from) throw new RangeError(`${to} orthonormal columns do not fit ${from} rows`);
  const columns = Array.from({ length: to }, () =>
    Float64Array.from({ length: from }, () => random.normal()),
  );
  columns.forEach((column, i) => {
    for (const earlier of columns.slice(0, i)) subtract(column, earlier, dot(column, earlier));
    const length = Math.sqrt(dot(column, column));
    for (let row = 0; row < from; row++) column[row] = column[row]! / length;
  });
  const matrix = new Float32Array(from * to);
  columns.forEach((column, i) => {
    for (let row = 0; row < from; row++) matrix[row * to + i] = column[row]!;
  });
  return matrix;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

function subtract(x: Float64Array, y: Float64Array, factor: number): void {
  for (let i = 0; i < x.length; i++) x[i] = x[i]! - factor * y[i]!;
}
