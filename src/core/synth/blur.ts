/** Mean over a square of side 2·radius + 1, edges repeated; [size, size] → [size, size], by running sums. */
export function boxBlur(plane: Float32Array, size: number, radius: number): Float32Array {
  const across = new Float32Array(plane.length);
  const out = new Float32Array(plane.length);
  for (let row = 0; row < size; row++) blurLine(plane, across, row * size, 1, size, radius);
  for (let column = 0; column < size; column++) blurLine(across, out, column, size, size, radius);
  return out;
}

function blurLine(
  from: Float32Array,
  to: Float32Array,
  start: number,
  stride: number,
  length: number,
  radius: number,
): void {
  const first = from[start]!;
  const final = from[start + (length - 1) * stride]!;
  const scale = 1 / (2 * radius + 1);
  let sum = first * radius;
  for (let k = 0; k <= radius; k++) sum += k < length ? from[start + k * stride]! : final;
  for (let k = 0; k < length; k++) {
    to[start + k * stride] = sum * scale;
    const entering = k + radius + 1;
    const leaving = k - radius;
    sum += entering < length ? from[start + entering * stride]! : final;
    sum -= leaving >= 0 ? from[start + leaving * stride]! : first;
  }
}
