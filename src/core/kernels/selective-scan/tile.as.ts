// Glossary: L pixels · D channels · N states · K directions · R Δ-rank · block: four channels, one to a lane.
//
// A tile is up to TILE steps of a panel of up to PANEL channels of one direction; it never crosses the end of a
// segment. Its rows are gathered through the visiting order once into consecutive memory, where odd channel counts
// are padded to whole blocks; the recurrence then runs block by block over the whole tile, in the nearest cache.

import { LOG2E, mulAdd } from '../simd-math.as';

// 32 × 128: measured best of {16, 32} × {64, 128} on an AMD core (backward 5 to 11 % ahead of 32 × 64, which had been best
// of {16..64} × {32..128} on an Intel core with 48 KiB of first-level and 2 MiB of second-level cache).
export const TILE: usize = 32;
export const PANEL: usize = 128;
export const ROW: usize = PANEL * 4;
// Decays below 2^-60 are nothing to a float32 state; the bound keeps products out of the slow denormal range.
export const LOWEST: f32 = -60;

export let L: usize, D: usize, N: usize, K: usize, segment: usize;
let deltaAt: usize, uAt: usize, bAt: usize, cAt: usize, aAt: usize, dAt: usize, biasAt: usize, orderAt: usize;
/** Of a projected image: `[L,K,R+2N]` and `[K,R,D]`; R is 0 of an image whose delta, b and c are given. */
let projectedAt: usize, stepWeightsAt: usize, R: usize;

/** `[block][N][4]` A·log2 e, padded with 0. */
export let rates: usize;
/** `[block][4]` the longest step for which no decay is below 2^LOWEST. */
export let limits: usize;
/** `[block][4]` D and the bias of delta. */
export let skips: usize;
export let biases: usize;
/** `[TILE][N]` rows of b and c. */
export let bRows: usize;
export let cRows: usize;
/** `[TILE][R]` rows of the low-rank delta. */
let stepRows: usize;
export let workEnd: usize;

/** Sizes of the scans that follow. */
export function configure(length: usize, channels: usize, stateCount: usize, directions: usize, segmentLength: usize): void {
  L = length;
  D = channels;
  N = stateCount;
  K = directions;
  segment = segmentLength;
}

/** The parameters and the visiting order, shared by all images. */
export function bindParameters(a: usize, d: usize, bias: usize, order: usize): void {
  aAt = a;
  dAt = d;
  biasAt = bias;
  orderAt = order;
}

/** The inputs of one image. */
export function bindImage(u: usize, delta: usize, b: usize, c: usize): void {
  uAt = u;
  deltaAt = delta;
  bAt = b;
  cAt = c;
  R = 0;
}

/**
 * The inputs of one image before the projection of delta, for the forward scan: each row of `projected` `[L,K,R+2N]`
 * holds the low-rank delta, b and c; delta is its product with `stepWeights` `[K,R,D]`, behind which 16 bytes are read.
 */
export function bindProjected(u: usize, projected: usize, stepWeights: usize, rank: usize): void {
  uAt = u;
  projectedAt = projected;
  stepWeightsAt = stepWeights;
  R = rank;
}

/** Lays out work memory from `at` on; `take` continues after it, up to `workEnd`. */
export function layoutShared(at: usize): void {
  workEnd = (at + 63) & ~63;
  rates = take(PANEL * N);
  limits = take(PANEL);
  skips = take(PANEL);
  biases = take(PANEL);
  bRows = take(TILE * N);
  cRows = take(TILE * N);
  stepRows = take(TILE * R);
}

/**
 * The next `floats` of the work memory. Most arrays are multiples of 4 KiB; the gap keeps equal places of two of them
 * from sharing their low twelve address bits, which would make a load wait for an unrelated store.
 */
export function take(floats: usize): usize {
  const at = workEnd;
  workEnd += ((floats * 4 + 63) & ~63) + 192;
  return at;
}

// @ts-ignore: decorator
@inline
export function smaller(x: usize, y: usize): usize {
  return x < y ? x : y;
}

/** Tiles a direction is cut into. */
export function tilesPerPath(): usize {
  return (L / segment) * tilesPerSegment();
}

// @ts-ignore: decorator
@inline
export function tilesPerSegment(): usize {
  return (segment + TILE - 1) / TILE;
}

/** First step of a tile. */
// @ts-ignore: decorator
@inline
export function tileStart(tile: usize): usize {
  const perSegment = tilesPerSegment();
  return (tile / perSegment) * segment + (tile % perSegment) * TILE;
}

/** Steps of a tile. */
// @ts-ignore: decorator
@inline
export function tileSteps(start: usize): usize {
  return smaller(TILE, segment - (start % segment));
}

/** The pixel that direction k visits at step t. */
// @ts-ignore: decorator
@inline
export function pixelAt(k: usize, t: usize): usize {
  return <usize>load<i32>(orderAt + (k * L + t) * 4);
}

/** Reads A, D and the bias of `width` channels of direction k. */
export function loadParameters(k: usize, panel: usize, width: usize): void {
  memory.fill(rates, 0, PANEL * N * 4);
  memory.fill(skips, 0, ROW);
  memory.fill(biases, 0, ROW);
  const row = k * D + panel;
  memory.copy(skips, dAt + row * 4, width * 4);
  memory.copy(biases, biasAt + row * 4, width * 4);
  for (let i: usize = 0; i < width; i++) {
    const from = aAt + (row + i) * N * 4;
    const to = rates + (i >> 2) * N * 16 + (i & 3) * 4;
    let steepest: f32 = 1e-30;
    for (let n: usize = 0; n < N; n++) {
      const rate = load<f32>(from + n * 4) * LOG2E;
      store<f32>(to + n * 16, rate);
      steepest = max(steepest, abs(rate));
    }
    store<f32>(limits + i * 4, -LOWEST / steepest);
  }
  for (let i = width; i < PANEL; i++) store<f32>(limits + i * 4, f32.MAX_VALUE);
}

/** Copies the rows of a tile: `delta` and `u` as `[TILE][PANEL]`, b and c. Only copies, so that cache misses overlap. */
export function gather(k: usize, t: usize, count: usize, panel: usize, width: usize, delta: usize, u: usize): void {
  if (R) return gatherProjected(k, t, count, panel, width, delta, u);
  for (let i: usize = 0; i < count; i++) {
    const pixel = pixelAt(k, t + i);
    const rowB = (pixel * K + k) * N * 4;
    copyRow(bRows + i * N * 4, bAt + rowB, N);
    copyRow(cRows + i * N * 4, cAt + rowB, N);
    copyPadded(delta + i * ROW, deltaAt + ((pixel * K + k) * D + panel) * 4, width);
    copyPadded(u + i * ROW, uAt + (pixel * D + panel) * 4, width);
  }
}

/** The same of a projected image: delta is computed here, a sixteenth of the memory it would take to pass it around. */
function gatherProjected(k: usize, t: usize, count: usize, panel: usize, width: usize, delta: usize, u: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const pixel = pixelAt(k, t + i);
    const row = projectedAt + (pixel * K + k) * (R + 2 * N) * 4;
    copyRow(stepRows + i * R * 4, row, R);
    copyRow(bRows + i * N * 4, row + R * 4, N);
    copyRow(cRows + i * N * 4, row + (R + N) * 4, N);
    copyPadded(u + i * ROW, uAt + (pixel * D + panel) * 4, width);
  }
  const weights = stepWeightsAt + (k * R * D + panel) * 4;
  // What is computed past the last step or channel (with the weights of the next row) is read by nobody.
  for (let i: usize = 0; i < count; i += 4) {
    let channel: usize = 0;
    for (; channel + 8 <= width; channel += 8) projectEight(i, weights + channel * 4, delta + i * ROW + channel * 4);
    for (; channel < width; channel += 4) projectFour(i, weights + channel * 4, delta + i * ROW + channel * 4);
  }
}

/** Delta of four steps from step `i` on, for eight channels. */
function projectEight(i: usize, weights: usize, to: usize): void {
  const R4 = R * 4;
  let row = stepRows + i * R4;
  let d00 = f32x4.splat(0);
  let d01 = d00, d10 = d00, d11 = d00, d20 = d00, d21 = d00, d30 = d00, d31 = d00;
  for (let r: usize = 0; r < R; r++) {
    const w0 = v128.load(weights);
    const w1 = v128.load(weights, 16);
    const x0 = v128.load32_splat(row);
    d00 = mulAdd(x0, w0, d00);
    d01 = mulAdd(x0, w1, d01);
    const x1 = v128.load32_splat(row + R4);
    d10 = mulAdd(x1, w0, d10);
    d11 = mulAdd(x1, w1, d11);
    const x2 = v128.load32_splat(row + 2 * R4);
    d20 = mulAdd(x2, w0, d20);
    d21 = mulAdd(x2, w1, d21);
    const x3 = v128.load32_splat(row + 3 * R4);
    d30 = mulAdd(x3, w0, d30);
    d31 = mulAdd(x3, w1, d31);
    weights += D * 4;
    row += 4;
  }
  v128.store(to, d00);
  v128.store(to, d01, 16);
  v128.store(to + ROW, d10);
  v128.store(to + ROW, d11, 16);
  v128.store(to + 2 * ROW, d20);
  v128.store(to + 2 * ROW, d21, 16);
  v128.store(to + 3 * ROW, d30);
  v128.store(to + 3 * ROW, d31, 16);
}

/** Delta of four steps from step `i` on, for four channels. */
function projectFour(i: usize, weights: usize, to: usize): void {
  for (let step: usize = 0; step < 4; step++) {
    const row = stepRows + (i + step) * R * 4;
    let d = f32x4.splat(0);
    for (let r: usize = 0; r < R; r++) {
      d = mulAdd(v128.load32_splat(row + r * 4), v128.load(weights + r * D * 4), d);
    }
    v128.store(to + step * ROW, d);
  }
}

// memory.copy is a call out of the module, which takes longer than such a row.
// @ts-ignore: decorator
@inline
function copyRow(to: usize, from: usize, floats: usize): void {
  let i: usize = 0;
  for (; i + 4 <= floats; i += 4) v128.store(to + i * 4, v128.load(from + i * 4));
  for (; i < floats; i++) store<f32>(to + i * 4, load<f32>(from + i * 4));
}

/** Copies `width` channels and fills the last block with 0. */
// @ts-ignore: decorator
@inline
export function copyPadded(to: usize, from: usize, width: usize): void {
  const whole = width & ~3;
  for (let i: usize = 0; i < whole; i += 4) v128.store(to + i * 4, v128.load(from + i * 4));
  if (whole < width) v128.store(to + whole * 4, loadPart(from + whole * 4, width - whole));
}

/** One to three floats, the other lanes 0. */
function loadPart(from: usize, count: usize): v128 {
  let x = v128.load32_zero(from);
  if (count > 1) x = f32x4.replace_lane(x, 1, load<f32>(from, 4));
  if (count > 2) x = f32x4.replace_lane(x, 2, load<f32>(from, 8));
  return x;
}

/** `to[i] += from[i]` over a row. */
// @ts-ignore: decorator
@inline
export function addRow(to: usize, from: usize, width: usize): void {
  let i: usize = 0;
  for (; i + 4 <= width; i += 4) v128.store(to + i * 4, f32x4.add(v128.load(to + i * 4), v128.load(from + i * 4)));
  for (; i < width; i++) store<f32>(to + i * 4, load<f32>(to + i * 4) + load<f32>(from + i * 4));
}

/** Copies `width` floats of a padded row. */
// @ts-ignore: decorator
@inline
export function storeRow(to: usize, from: usize, width: usize): void {
  copyRow(to, from, width);
}
