/** What element-wise operations compute, for operands that are known when a graph is written. */
export const onNumbers = {
  Exp: Math.exp,
  Sqrt: Math.sqrt,
  Relu: (x: number) => Math.max(0, x),
  Sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  Mul: (x: number, y: number) => x * y,
  Add: (x: number, y: number) => x + y,
  Max: Math.max,
};
