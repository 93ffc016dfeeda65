/** Shape of an element-wise result under NumPy's rule; -1 stands for the batch and meets only 1 or itself. */
export function broadcastShape(x: readonly number[], y: readonly number[]): number[] {
  const rank = Math.max(x.length, y.length);
  return Array.from({ length: rank }, (_, i) => {
    const a = x[x.length - rank + i] ?? 1;
    const b = y[y.length - rank + i] ?? 1;
    if (a === b || b === 1) return a;
    if (a === 1) return b;
    throw new Error(`shapes [${x}] and [${y}] do not broadcast`);
  });
}
