import { sizeOf } from '../tensor.js';

/**
 * Weights that fixtures describe by a formula instead of holding them: for tensor t (names sorted) and element i,
 * s = sin(12.9898·(i+1) + 78.233·(t+1)), scaled by what the tensor is.
 */
export function formulaWeights(
  tensors: readonly { name: string; shape: readonly number[] }[],
): Map<string, { shape: readonly number[]; data: Float32Array }> {
  const sorted = [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));
  return new Map(
    sorted.map(({ name, shape }, t) => {
      const value = scaling(name, shape);
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) =>
        value(Math.sin(12.9898 * (i + 1) + 78.233 * (t + 1))),
      );
      return [name, { shape, data }];
    }),
  );
}

function scaling(name: string, shape: readonly number[]): (s: number) => number {
  if (name.endsWith('running_var')) return (s) => 1 + 0.5 * Math.abs(s);
  if (name.endsWith('running_mean') || name.endsWith('bias')) return (s) => 0.1 * s;
  if (shape.length === 1) return (s) => 1 + 0.1 * s;
  const spread = 1.4 * Math.sqrt(2 / sizeOf(shape.slice(1)));
  return (s) => spread * s;
}
