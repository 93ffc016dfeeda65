import { addLanes, loadLanes, storeLanes } from '../lanes.as';

// Sums of so many terms are made on their own before they are added up: short sums lose little.
const CHUNK: usize = 64;
const STRETCH: usize = 256;

/** `y[c] = factor · Σ_i x[i,c]`, i over `rows`, c over C. */
export function sumRows(x: usize, y: usize, rows: usize, C: usize, factor: f32): void {
  const row = C * 4;
  memory.fill(y, 0, row);
  for (let first: usize = 0; first < rows; first += CHUNK) {
    const count = min(CHUNK, rows - first);
    for (let c: usize = 0; c < C; c += 4) {
      const at = x + first * row + c * 4;
      if (C - c >= 4) addColumn(at, y + c * 4, count, row, 4);
      else addColumn(at, y + c * 4, count, row, C - c);
    }
  }
  const by = f32x4.splat(factor);
  for (let c: usize = 0; c < C; c += 4) {
    storeLanes(y + c * 4, f32x4.mul(loadLanes(y + c * 4, C - c), by), C - c);
  }
}

// @ts-ignore: decorator
@inline
function addColumn(x: usize, y: usize, count: usize, row: usize, width: usize): void {
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < count; i++, x += row) sum = f32x4.add(sum, loadLanes(x, width));
  storeLanes(y, f32x4.add(loadLanes(y, width), sum), width);
}

/** `y[i] = factor · Σ_c x[i,c]`. */
export function sumColumns(x: usize, y: usize, rows: usize, C: usize, factor: f32): void {
  for (let i: usize = 0; i < rows; i++) {
    let total: f64 = 0;
    const at = x + i * C * 4;
    for (let c: usize = 0; c < C; c += STRETCH) total += <f64>addLanes(sumStretch(at + c * 4, min(STRETCH, C - c)));
    store<f32>(y + i * 4, <f32>(total * <f64>factor));
  }
}

function sumStretch(x: usize, size: usize): v128 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 8 <= size; i += 8) {
    even = f32x4.add(even, v128.load(x + i * 4));
    odd = f32x4.add(odd, v128.load(x + i * 4, 16));
  }
  for (; i < size; i += 4) even = f32x4.add(even, loadLanes(x + i * 4, size - i));
  return f32x4.add(even, odd);
}
