// A map of P pixels and C channels, normalised channel by channel over its pixels, then scaled, shifted and activated:
// instance normalisation of one image, batch normalisation of a whole batch taken as one image.
// Statistics are three rows of C: mean, biased variance, 1 / standard deviation.

import { loadLanes, storeLanes } from '../lanes.as';
import { siluSlope } from '../silu/slope.as';
import { mulAdd, sigmoid } from '../simd-math.as';

// Sums of this many pixels are made in registers and then merged: short sums lose little, and neighbouring blocks of
// channels find their cache lines still near.
const CHUNK: usize = 32;

const SILU: i32 = 1;
const RELU: i32 = 2;

let P: usize, C: usize, row: usize;
let mean: usize, variance: usize, scale: usize;
let weight: usize, bias: usize;

export function configure(pixels: usize, channels: usize, statistics: usize, weightAt: usize, biasAt: usize): void {
  P = pixels;
  C = channels;
  row = channels * 4;
  mean = statistics;
  variance = mean + row;
  scale = variance + row;
  weight = weightAt;
  bias = biasAt;
}

/** Fills the statistics: each chunk's mean and squared deviations, merged as Chan, Golub and LeVeque (1983) do. */
export function measure(x: usize, eps: f32): void {
  memory.fill(mean, 0, 2 * row);
  for (let first: usize = 0; first < P; first += CHUNK) {
    const count = min(CHUNK, P - first);
    for (let c: usize = 0; c < C; c += 4) {
      const at = x + first * row + c * 4;
      if (C - c >= 4) mergeChunk(at, c * 4, first, count, 4);
      else mergeChunk(at, c * 4, first, count, C - c);
    }
  }
  for (let c: usize = 0; c < C; c++) {
    const v = load<f32>(variance + c * 4) / <f32>P;
    store<f32>(variance + c * 4, v);
    store<f32>(scale + c * 4, 1 / sqrt<f32>(v + eps));
  }
}

// @ts-ignore: decorator
@inline
function mergeChunk(x: usize, c: usize, before: usize, count: usize, width: usize): void {
  let sum = f32x4.splat(0);
  for (let i: usize = 0, at = x; i < count; i++, at += row) sum = f32x4.add(sum, loadLanes(at, width));
  const own = f32x4.div(sum, f32x4.splat(<f32>count));
  let squares = f32x4.splat(0);
  for (let i: usize = 0, at = x; i < count; i++, at += row) {
    const off = f32x4.sub(loadLanes(at, width), own);
    squares = mulAdd(off, off, squares);
  }
  const earlier = loadLanes(mean + c, width);
  const apart = f32x4.sub(own, earlier);
  const share = <f32>count / <f32>(before + count);
  storeLanes(mean + c, mulAdd(apart, f32x4.splat(share), earlier), width);
  const between = f32x4.mul(f32x4.mul(apart, apart), f32x4.splat(share * <f32>before));
  storeLanes(variance + c, f32x4.add(loadLanes(variance + c, width), f32x4.add(squares, between)), width);
}

/** `y = activation(weight·x̂ + bias)` */
export function normalise(x: usize, y: usize, activation: i32): void {
  if (activation == SILU) normaliseRows(x, y, SILU);
  else if (activation == RELU) normaliseRows(x, y, RELU);
  else normaliseRows(x, y, 0);
}

// @ts-ignore: decorator
@inline
function normaliseRows(x: usize, y: usize, activation: i32): void {
  for (let i: usize = 0; i < P; i++) {
    const at = i * row;
    let c: usize = 0;
    for (; c + 8 <= C; c += 8) {
      const here = at + c * 4;
      normaliseBlock(x + here, y + here, c * 4, 4, activation);
      normaliseBlock(x + here + 16, y + here + 16, c * 4 + 16, 4, activation);
    }
    for (; c < C; c += 4) normaliseBlock(x + at + c * 4, y + at + c * 4, c * 4, C - c, activation);
  }
}

// @ts-ignore: decorator
@inline
function normaliseBlock(x: usize, y: usize, c: usize, width: usize, activation: i32): void {
  const pre = affine(standard(loadLanes(x, width), c, width), c, width);
  if (activation == SILU) storeLanes(y, f32x4.mul(pre, sigmoid(pre)), width);
  else if (activation == RELU) storeLanes(y, f32x4.pmax(pre, f32x4.splat(0)), width);
  else storeLanes(y, pre, width);
}

/** x̂ */
// @ts-ignore: decorator
@inline
function standard(x: v128, c: usize, width: usize): v128 {
  return f32x4.mul(f32x4.sub(x, loadLanes(mean + c, width)), loadLanes(scale + c, width));
}

// @ts-ignore: decorator
@inline
function affine(standardised: v128, c: usize, width: usize): v128 {
  return mulAdd(standardised, loadLanes(weight + c, width), loadLanes(bias + c, width));
}

/** Writes ∂x, and adds to ∂weight and ∂bias, which must be 0 before. */
export function differentiate(x: usize, dy: usize, dx: usize, dWeight: usize, dBias: usize, activation: i32): void {
  if (activation == SILU) sumGradients(x, dy, dx, dWeight, dBias, SILU);
  else if (activation == RELU) sumGradients(x, dy, dx, dWeight, dBias, RELU);
  else sumGradients(x, dy, dx, dWeight, dBias, 0);
  for (let i: usize = 0; i < P; i++) {
    const at = i * row;
    let c: usize = 0;
    for (; c + 4 <= C; c += 4) removeCommon(x + at + c * 4, dx + at + c * 4, dWeight + c * 4, dBias + c * 4, c * 4, 4);
    if (c < C) removeCommon(x + at + c * 4, dx + at + c * 4, dWeight + c * 4, dBias + c * 4, c * 4, C - c);
  }
}

/** What the statistics do to the gradient: a shift and a scale of a channel change nothing after them. */
// @ts-ignore: decorator
@inline
function removeCommon(x: usize, dx: usize, dWeight: usize, dBias: usize, c: usize, width: usize): void {
  const along = f32x4.mul(standard(loadLanes(x, width), c, width), loadLanes(dWeight, width));
  const common = f32x4.mul(f32x4.add(along, loadLanes(dBias, width)), f32x4.splat(1 / <f32>P));
  const factor = f32x4.mul(loadLanes(scale + c, width), loadLanes(weight + c, width));
  storeLanes(dx, f32x4.mul(f32x4.sub(loadLanes(dx, width), common), factor), width);
}

/** Leaves the gradient before the activation in `dx`, and its sums in ∂weight and ∂bias. */
// @ts-ignore: decorator
@inline
function sumGradients(x: usize, dy: usize, dx: usize, dWeight: usize, dBias: usize, activation: i32): void {
  for (let first: usize = 0; first < P; first += CHUNK) {
    const count = min(CHUNK, P - first);
    for (let c: usize = 0; c < C; c += 4) {
      const at = first * row + c * 4;
      if (C - c >= 4) sumChunk(x + at, dy + at, dx + at, dWeight + c * 4, dBias + c * 4, c * 4, count, 4, activation);
      else sumChunk(x + at, dy + at, dx + at, dWeight + c * 4, dBias + c * 4, c * 4, count, C - c, activation);
    }
  }
}

// @ts-ignore: decorator
@inline
function sumChunk(
  x: usize, dy: usize, dx: usize, dWeight: usize, dBias: usize, c: usize, count: usize, width: usize, activation: i32,
): void {
  let sum = f32x4.splat(0);
  let along = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 2 <= count; i += 2) {
    const first = standard(loadLanes(x, width), c, width);
    const second = standard(loadLanes(x + row, width), c, width);
    const d0 = beforeActivation(loadLanes(dy, width), affine(first, c, width), activation);
    const d1 = beforeActivation(loadLanes(dy + row, width), affine(second, c, width), activation);
    storeLanes(dx, d0, width);
    storeLanes(dx + row, d1, width);
    sum = f32x4.add(sum, f32x4.add(d0, d1));
    along = mulAdd(d0, first, mulAdd(d1, second, along));
    x += 2 * row;
    dy += 2 * row;
    dx += 2 * row;
  }
  if (i < count) {
    const last = standard(loadLanes(x, width), c, width);
    const d = beforeActivation(loadLanes(dy, width), affine(last, c, width), activation);
    storeLanes(dx, d, width);
    sum = f32x4.add(sum, d);
    along = mulAdd(d, last, along);
  }
  storeLanes(dBias, f32x4.add(loadLanes(dBias, width), sum), width);
  storeLanes(dWeight, f32x4.add(loadLanes(dWeight, width), along), width);
}

// @ts-ignore: decorator
@inline
function beforeActivation(dy: v128, pre: v128, activation: i32): v128 {
  if (activation == SILU) return f32x4.mul(dy, siluSlope(pre));
  if (activation == RELU) return v128.and(dy, f32x4.gt(pre, f32x4.splat(0)));
  return dy;
}
