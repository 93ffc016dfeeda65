import { addLanes, laneMask, loadLanes, storeLanes } from '../lanes.as';
import { mulAdd } from '../simd-math.as';

// Rows whose part of ∂weight and ∂bias is summed before it is added to the total: short sums lose little.
const CHUNK: usize = 64;

/** `y = weight·x̂ + bias` for rows of C; `statistics` gets mean and 1 / standard deviation of every row. */
export function normalise(
  x: usize, y: usize, weight: usize, bias: usize, statistics: usize, rows: usize, C: usize, eps: f32,
): void {
  for (let i: usize = 0; i < rows; i++) {
    const at = x + i * C * 4;
    const mean = addLanes(sumRow(at, C)) / <f32>C;
    const scale: f32 = 1 / sqrt<f32>(addLanes(sumSquares(at, C, f32x4.splat(mean))) / <f32>C + eps);
    store<f32>(statistics + i * 8, mean);
    store<f32>(statistics + i * 8, scale, 4);
    writeRow(at, y + i * C * 4, weight, bias, C, f32x4.splat(mean), f32x4.splat(scale));
  }
}

function sumRow(x: usize, C: usize): v128 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  let c: usize = 0;
  for (; c + 8 <= C; c += 8) {
    even = f32x4.add(even, v128.load(x + c * 4));
    odd = f32x4.add(odd, v128.load(x + c * 4, 16));
  }
  for (; c < C; c += 4) even = f32x4.add(even, loadLanes(x + c * 4, C - c));
  return f32x4.add(even, odd);
}

function sumSquares(x: usize, C: usize, mean: v128): v128 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  let c: usize = 0;
  for (; c + 8 <= C; c += 8) {
    const a = f32x4.sub(v128.load(x + c * 4), mean);
    const b = f32x4.sub(v128.load(x + c * 4, 16), mean);
    even = mulAdd(a, a, even);
    odd = mulAdd(b, b, odd);
  }
  for (; c < C; c += 4) {
    const a = v128.and(f32x4.sub(loadLanes(x + c * 4, C - c), mean), laneMask(C - c));
    even = mulAdd(a, a, even);
  }
  return f32x4.add(even, odd);
}

function writeRow(x: usize, y: usize, weight: usize, bias: usize, C: usize, mean: v128, scale: v128): void {
  for (let c: usize = 0; c < C; c += 4) {
    const here = c * 4;
    const left = C - c;
    const standard = f32x4.mul(f32x4.sub(loadLanes(x + here, left), mean), scale);
    storeLanes(y + here, mulAdd(standard, loadLanes(weight + here, left), loadLanes(bias + here, left)), left);
  }
}

/** Writes ∂x, and adds to ∂weight and ∂bias; `work` is room for 2·C floats. */
export function differentiate(
  x: usize, dy: usize, weight: usize, statistics: usize, dx: usize, dWeight: usize, dBias: usize,
  rows: usize, C: usize, work: usize,
): void {
  const row = C * 4;
  for (let first: usize = 0; first < rows; first += CHUNK) {
    const end = min(rows, first + CHUNK);
    memory.fill(work, 0, 2 * row);
    for (let i = first; i < end; i++) {
      const mean = v128.load32_splat(statistics + i * 8);
      const scale = v128.load32_splat(statistics + i * 8, 4);
      differentiateRow(x + i * row, dy + i * row, weight, dx + i * row, work, work + row, C, mean, scale);
    }
    addRow(dWeight, work, C);
    addRow(dBias, work + row, C);
  }
}

function differentiateRow(
  x: usize, dy: usize, weight: usize, dx: usize, dWeight: usize, dBias: usize, C: usize, mean: v128, scale: v128,
): void {
  let sum = f32x4.splat(0);
  let along = f32x4.splat(0);
  for (let c: usize = 0; c < C; c += 4) {
    const here = c * 4;
    const left = C - c;
    const standard = f32x4.mul(f32x4.sub(loadLanes(x + here, left), mean), scale);
    const d = loadLanes(dy + here, left);
    const weighted = f32x4.mul(d, loadLanes(weight + here, left));
    sum = f32x4.add(sum, weighted);
    along = mulAdd(weighted, standard, along);
    storeLanes(dWeight + here, mulAdd(d, standard, loadLanes(dWeight + here, left)), left);
    storeLanes(dBias + here, f32x4.add(d, loadLanes(dBias + here, left)), left);
  }
  const common = f32x4.splat(addLanes(sum) / <f32>C);
  const slope = f32x4.splat(addLanes(along) / <f32>C);
  for (let c: usize = 0; c < C; c += 4) {
    const here = c * 4;
    const left = C - c;
    const standard = f32x4.mul(f32x4.sub(loadLanes(x + here, left), mean), scale);
    const weighted = f32x4.mul(loadLanes(dy + here, left), loadLanes(weight + here, left));
    const rest = f32x4.sub(f32x4.sub(weighted, common), f32x4.mul(standard, slope));
    storeLanes(dx + here, f32x4.mul(rest, scale), left);
  }
}

function addRow(to: usize, from: usize, C: usize): void {
  for (let c: usize = 0; c < C; c += 4) {
    const left = C - c;
    storeLanes(to + c * 4, f32x4.add(loadLanes(to + c * 4, left), loadLanes(from + c * 4, left)), left);
  }
}
