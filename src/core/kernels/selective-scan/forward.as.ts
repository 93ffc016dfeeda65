import { exp2, exp2Product, mulAdd, softplus } from '../simd-math.as';
import {
  D, K, LOWEST, N, PANEL, ROW, TILE,
  addRow, bRows, biases, cRows, gather, layoutShared, limits, loadParameters, pixelAt, rates, segment, skips, smaller, take,
  tileStart, tileSteps, tilesPerPath, workEnd,
} from './tile.as';

/** `[block][N][4]` h. */
let states: usize;
/** `[TILE][PANEL]` softplus(delta + bias), step·u, and y. */
let steps: usize, inputs: usize, outputs: usize;

function layout(work: usize): void {
  layoutShared(work);
  states = take(PANEL * N);
  steps = take(TILE * PANEL);
  inputs = take(TILE * PANEL);
  outputs = take(TILE * PANEL);
}

/** Bytes of work memory for `forward`, after `configure`. */
export function forwardWork(): usize {
  layout(0);
  return workEnd + 64;
}

/**
 * Adds the outputs of channels `[first, last)` of the bound image to `y` `[L,D]`; `first` is a multiple of 4.
 * Unless `checkpoints` is 0, the states before every tile go there as `[K][tile][block][N][4]`.
 */
export function forward(y: usize, first: usize, last: usize, work: usize, checkpoints: usize): void {
  layout(work);
  const tiles = tilesPerPath();
  const allBlocks = (D + 3) >> 2;
  for (let k: usize = 0; k < K; k++) {
    for (let panel = first; panel < last; panel += PANEL) {
      const width = smaller(PANEL, last - panel);
      const blocks = (width + 3) >> 2;
      const stateBytes = blocks * N * 16;
      loadParameters(k, panel, width);
      for (let tile: usize = 0; tile < tiles; tile++) {
        const t = tileStart(tile);
        if (t % segment == 0) memory.fill(states, 0, stateBytes);
        if (checkpoints) memory.copy(checkpoints + ((k * tiles + tile) * allBlocks + (panel >> 2)) * N * 16, states, stateBytes);
        scanTile(y, k, t, panel, width, blocks);
      }
    }
  }
}

function scanTile(y: usize, k: usize, t: usize, panel: usize, width: usize, blocks: usize): void {
  const count = tileSteps(t);
  gather(k, t, count, panel, width, steps, outputs);
  for (let block: usize = 0; block < blocks; block++) {
    const gentle = activate(count, block * 16);
    if (N == 16 && gentle) scan16(count, block);
    else scanAny(count, block);
  }
  for (let i: usize = 0; i < count; i++) addRow(y + (pixelAt(k, t + i) * D + panel) * 4, outputs + i * ROW, width);
}

/**
 * Turns a block of delta into steps and of u into D·u, and fills `inputs`.
 *
 * @returns whether all decays are within range
 */
function activate(count: usize, block: usize): bool {
  const bias = v128.load(biases + block);
  const skip = v128.load(skips + block);
  let longest = f32x4.splat(0);
  for (let i: usize = 0, at = block; i < count; i++, at += ROW) {
    const u = v128.load(outputs + at);
    const step = softplus(f32x4.add(v128.load(steps + at), bias));
    longest = f32x4.pmax(longest, step);
    v128.store(steps + at, step);
    v128.store(inputs + at, f32x4.mul(step, u));
    v128.store(outputs + at, f32x4.mul(u, skip));
  }
  return !v128.any_true(f32x4.gt(longest, v128.load(limits + block)));
}

/** The recurrence of one block over a tile, for 16 states and decays within range. */
function scan16(count: usize, block: usize): void {
  const rate = rates + block * 256;
  const state = states + block * 256;
  let b = bRows;
  let c = cRows;
  for (let i: usize = 0, at = block * 16; i < count; i++, at += ROW) {
    const step = v128.load(steps + at);
    const input = v128.load(inputs + at);
    let y = v128.load(outputs + at);
    // Two states an iteration: V8 interleaves all that a body holds, and a longer one runs out of registers.
    for (let n: usize = 0; n < 256; n += 32) {
      const r = rate + n;
      const h = state + n;
      const h0 = mulAdd(exp2Product(step, v128.load(r)), v128.load(h), f32x4.mul(input, v128.load32_splat(b)));
      v128.store(h, h0);
      y = mulAdd(h0, v128.load32_splat(c), y);
      const h1 = mulAdd(exp2Product(step, v128.load(r, 16)), v128.load(h, 16), f32x4.mul(input, v128.load32_splat(b, 4)));
      v128.store(h, h1, 16);
      y = mulAdd(h1, v128.load32_splat(c, 4), y);
      b += 8;
      c += 8;
    }
    v128.store(outputs + at, y);
  }
}

/** The recurrence for any number of states and any decay. */
function scanAny(count: usize, block: usize): void {
  const rate = rates + block * N * 16;
  const state = states + block * N * 16;
  for (let i: usize = 0, at = block * 16; i < count; i++, at += ROW) {
    const step = v128.load(steps + at);
    const input = v128.load(inputs + at);
    const b = bRows + i * N * 4;
    const c = cRows + i * N * 4;
    let y = v128.load(outputs + at);
    for (let n: usize = 0; n < N; n++) {
      const decay = boundedDecay(step, v128.load(rate + n * 16));
      const h = mulAdd(decay, v128.load(state + n * 16), f32x4.mul(input, v128.load32_splat(b + n * 4)));
      v128.store(state + n * 16, h);
      y = mulAdd(h, v128.load32_splat(c + n * 4), y);
    }
    v128.store(outputs + at, y);
  }
}

/** `2^(step·rate)` with the exponent bounded on both sides. */
// @ts-ignore: decorator
@inline
export function boundedDecay(step: v128, rate: v128): v128 {
  const exponent = f32x4.mul(step, rate);
  return exp2(f32x4.pmin(f32x4.pmax(exponent, f32x4.splat(LOWEST)), f32x4.splat(120)));
}
