// One block of a tile: run forwards again from its checkpoint, then backwards.

import { LOG2E, exp2, exp2Product, log1p, mulAdd } from '../simd-math.as';
import { boundedDecay } from './forward.as';
import { N, PANEL, ROW, TILE, bRows, biases, cRows, layoutShared, limits, rates, skips, take } from './tile.as';

const LN2: f32 = 0.69314718;

/** `[N][4]` of one block: h while a tile is run forwards; decay·∂h of all blocks `[block][N][4]` while backwards. */
export let states: usize, carriedGrads: usize;
/** `[TILE][PANEL]`: delta, then ∂delta · softplus(delta + bias) · its slope · u, then ∂u · step·u · ∂y. */
export let deltas: usize, steps: usize, slopes: usize, us: usize, inputs: usize, dys: usize;
/** `[TILE][N][4]` of one block: decays, and what they left of the state before. */
export let decays: usize, remains: usize;
/** `[TILE][N][4]` ∂b and ∂c, lanes not yet added up. */
export let dbLanes: usize, dcLanes: usize;
/** `[TILE][4]` of one block: sums over states that ∂delta and ∂u are made of. */
export let rateSums: usize, inputSums: usize;
/** `[block][N][4]` ∂A; `[block][4]` ∂D and ∂bias. */
export let da: usize, dd: usize, dBias: usize;

/** Lays out the work memory of the gradient. */
export function layoutBackward(work: usize): void {
  layoutShared(work);
  states = take(N * 4);
  carriedGrads = take(PANEL * N);
  deltas = take(TILE * PANEL);
  steps = take(TILE * PANEL);
  slopes = take(TILE * PANEL);
  us = take(TILE * PANEL);
  inputs = take(TILE * PANEL);
  dys = take(TILE * PANEL);
  decays = take(TILE * N * 4);
  remains = take(TILE * N * 4);
  dbLanes = take(TILE * N * 4);
  dcLanes = take(TILE * N * 4);
  rateSums = take(TILE * 4);
  inputSums = take(TILE * 4);
  da = take(PANEL * N);
  dd = take(PANEL);
  dBias = take(PANEL);
}

/** Gradients of one block; its rows of delta and u are replaced by theirs. */
export function backBlock(count: usize, block: usize, checkpoint: usize): void {
  const gentle = activate(count, block * 16);
  memory.copy(states, checkpoint + block * N * 16, N * 16);
  if (gentle && N % 4 == 0) {
    clearSums(count);
    for (let n: usize = 0; n < N; n += 4) recomputeFour(count, block, n);
    for (let n: usize = 0; n < N; n += 4) reverseFour(count, block, n);
  } else {
    recomputeAny(count, block);
    reverseAny(count, block);
  }
  finish(count, block);
}

/** Fills `steps`, `slopes` and `inputs` of a block; returns whether all decays are within range. */
function activate(count: usize, block: usize): bool {
  const bias = v128.load(biases + block);
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  let longest = zero;
  for (let i: usize = 0, at = block; i < count; i++, at += ROW) {
    const x = f32x4.add(v128.load(deltas + at), bias);
    const scaled = f32x4.mul(x, f32x4.splat(LOG2E));
    const e = exp2(f32x4.pmin(scaled, f32x4.sub(zero, scaled)));
    const step = f32x4.add(log1p(e), f32x4.pmax(x, zero));
    const above = f32x4.gt(x, zero);
    v128.store(slopes + at, f32x4.div(v128.bitselect(one, e, above), f32x4.add(one, e)));
    longest = f32x4.pmax(longest, step);
    v128.store(steps + at, step);
    v128.store(inputs + at, f32x4.mul(step, v128.load(us + at)));
  }
  return !v128.any_true(f32x4.gt(longest, v128.load(limits + block)));
}

/** Runs four states of a block forwards over a tile, keeping decays and remains, and adds their part of ∂c. */
function recomputeFour(count: usize, block: usize, n: usize): void {
  const r = rates + (block * N + n) * 16;
  const h = states + n * 16;
  let h0 = v128.load(h, 0);
  let h1 = v128.load(h, 16);
  let h2 = v128.load(h, 32);
  let h3 = v128.load(h, 48);
  let b = bRows + n * 4;
  let row = n * 16;
  for (let i: usize = 0, at = block * 16; i < count; i++, at += ROW) {
    const step = v128.load(steps + at);
    const input = v128.load(inputs + at);
    const dy = v128.load(dys + at);
    const decay = decays + row;
    const remain = remains + row;
    const dc = dcLanes + row;
    const e0 = exp2Product(step, v128.load(r, 0));
    v128.store(decay, e0, 0);
    const m0 = f32x4.mul(e0, h0);
    v128.store(remain, m0, 0);
    h0 = mulAdd(input, v128.load32_splat(b, 0), m0);
    v128.store(dc, mulAdd(h0, dy, v128.load(dc, 0)), 0);
    const e1 = exp2Product(step, v128.load(r, 16));
    v128.store(decay, e1, 16);
    const m1 = f32x4.mul(e1, h1);
    v128.store(remain, m1, 16);
    h1 = mulAdd(input, v128.load32_splat(b, 4), m1);
    v128.store(dc, mulAdd(h1, dy, v128.load(dc, 16)), 16);
    const e2 = exp2Product(step, v128.load(r, 32));
    v128.store(decay, e2, 32);
    const m2 = f32x4.mul(e2, h2);
    v128.store(remain, m2, 32);
    h2 = mulAdd(input, v128.load32_splat(b, 8), m2);
    v128.store(dc, mulAdd(h2, dy, v128.load(dc, 32)), 32);
    const e3 = exp2Product(step, v128.load(r, 48));
    v128.store(decay, e3, 48);
    const m3 = f32x4.mul(e3, h3);
    v128.store(remain, m3, 48);
    h3 = mulAdd(input, v128.load32_splat(b, 12), m3);
    v128.store(dc, mulAdd(h3, dy, v128.load(dc, 48)), 48);
    b += N * 4;
    row += N * 16;
  }
}

/** Runs four states of a block backwards over a tile: adds to ∂b, ∂A and the sums over states. */
function reverseFour(count: usize, block: usize, n: usize): void {
  const r = rates + (block * N + n) * 16;
  const dRate = da + (block * N + n) * 16;
  const carried = carriedGrads + (block * N + n) * 16;
  let k0 = v128.load(carried, 0);
  let d0 = v128.load(dRate, 0);
  let k1 = v128.load(carried, 16);
  let d1 = v128.load(dRate, 16);
  let k2 = v128.load(carried, 32);
  let d2 = v128.load(dRate, 32);
  let k3 = v128.load(carried, 48);
  let d3 = v128.load(dRate, 48);
  for (let i = count; i-- > 0; ) {
    const at = i * ROW + block * 16;
    const step = v128.load(steps + at);
    const input = v128.load(inputs + at);
    const dy = v128.load(dys + at);
    const b = bRows + (i * N + n) * 4;
    const c = cRows + (i * N + n) * 4;
    const row = (i * N + n) * 16;
    const decay = decays + row;
    const remain = remains + row;
    const db = dbLanes + row;
    let byRate = v128.load(rateSums + i * 16);
    let byInput = v128.load(inputSums + i * 16);
    const g0 = mulAdd(dy, v128.load32_splat(c, 0), k0);
    const m0 = f32x4.mul(g0, v128.load(remain, 0));
    k0 = f32x4.mul(g0, v128.load(decay, 0));
    v128.store(db, mulAdd(g0, input, v128.load(db, 0)), 0);
    d0 = mulAdd(m0, step, d0);
    byRate = mulAdd(m0, v128.load(r, 0), byRate);
    byInput = mulAdd(g0, v128.load32_splat(b, 0), byInput);
    const g1 = mulAdd(dy, v128.load32_splat(c, 4), k1);
    const m1 = f32x4.mul(g1, v128.load(remain, 16));
    k1 = f32x4.mul(g1, v128.load(decay, 16));
    v128.store(db, mulAdd(g1, input, v128.load(db, 16)), 16);
    d1 = mulAdd(m1, step, d1);
    byRate = mulAdd(m1, v128.load(r, 16), byRate);
    byInput = mulAdd(g1, v128.load32_splat(b, 4), byInput);
    const g2 = mulAdd(dy, v128.load32_splat(c, 8), k2);
    const m2 = f32x4.mul(g2, v128.load(remain, 32));
    k2 = f32x4.mul(g2, v128.load(decay, 32));
    v128.store(db, mulAdd(g2, input, v128.load(db, 32)), 32);
    d2 = mulAdd(m2, step, d2);
    byRate = mulAdd(m2, v128.load(r, 32), byRate);
    byInput = mulAdd(g2, v128.load32_splat(b, 8), byInput);
    const g3 = mulAdd(dy, v128.load32_splat(c, 12), k3);
    const m3 = f32x4.mul(g3, v128.load(remain, 48));
    k3 = f32x4.mul(g3, v128.load(decay, 48));
    v128.store(db, mulAdd(g3, input, v128.load(db, 48)), 48);
    d3 = mulAdd(m3, step, d3);
    byRate = mulAdd(m3, v128.load(r, 48), byRate);
    byInput = mulAdd(g3, v128.load32_splat(b, 12), byInput);
    v128.store(rateSums + i * 16, byRate);
    v128.store(inputSums + i * 16, byInput);
  }
  v128.store(carried, k0, 0);
  v128.store(dRate, d0, 0);
  v128.store(carried, k1, 16);
  v128.store(dRate, d1, 16);
  v128.store(carried, k2, 32);
  v128.store(dRate, d2, 32);
  v128.store(carried, k3, 48);
  v128.store(dRate, d3, 48);
}

function clearSums(count: usize): void {
  memory.fill(rateSums, 0, count * 16);
  memory.fill(inputSums, 0, count * 16);
}

/** As `recomputeFour`, for all of any number of states, with decays bounded. */
function recomputeAny(count: usize, block: usize): void {
  const rate = rates + block * N * 16;
  const rows = N * 16;
  for (let i: usize = 0, at = block * 16; i < count; i++, at += ROW) {
    const step = v128.load(steps + at);
    const input = v128.load(inputs + at);
    const dy = v128.load(dys + at);
    const b = bRows + i * N * 4;
    const base = i * rows;
    for (let n: usize = 0; n < rows; n += 16) {
      const decay = boundedDecay(step, v128.load(rate + n));
      const remain = f32x4.mul(decay, v128.load(states + n));
      const h = mulAdd(input, v128.load32_splat(b + (n >> 2)), remain);
      v128.store(states + n, h);
      v128.store(decays + base + n, decay);
      v128.store(remains + base + n, remain);
      v128.store(dcLanes + base + n, mulAdd(h, dy, v128.load(dcLanes + base + n)));
    }
  }
}

/** As `reverseFour`, for all of any number of states. */
function reverseAny(count: usize, block: usize): void {
  const rows = N * 16;
  const rate = rates + block * rows;
  const dRate = da + block * rows;
  const carried = carriedGrads + block * rows;
  for (let i = count; i-- > 0; ) {
    const at = i * ROW + block * 16;
    const step = v128.load(steps + at);
    const input = v128.load(inputs + at);
    const dy = v128.load(dys + at);
    const base = i * rows;
    let byRate = f32x4.splat(0);
    let byInput = f32x4.splat(0);
    for (let n: usize = 0; n < rows; n += 16) {
      const bc = i * N * 4 + (n >> 2);
      const g = mulAdd(dy, v128.load32_splat(cRows + bc), v128.load(carried + n));
      const kept = f32x4.mul(g, v128.load(remains + base + n));
      v128.store(carried + n, f32x4.mul(g, v128.load(decays + base + n)));
      v128.store(dbLanes + base + n, mulAdd(g, input, v128.load(dbLanes + base + n)));
      v128.store(dRate + n, mulAdd(kept, step, v128.load(dRate + n)));
      byRate = mulAdd(kept, v128.load(rate + n), byRate);
      byInput = mulAdd(g, v128.load32_splat(bRows + bc), byInput);
    }
    v128.store(rateSums + i * 16, byRate);
    v128.store(inputSums + i * 16, byInput);
  }
}

/** Turns `deltas` and `us` of a block into their gradients, and adds to ∂D and ∂bias. */
function finish(count: usize, block: usize): void {
  const skip = v128.load(skips + block * 16);
  let dSkip = v128.load(dd + block * 16);
  let dB = v128.load(dBias + block * 16);
  for (let i: usize = 0, at = block * 16; i < count; i++, at += ROW) {
    const dy = v128.load(dys + at);
    const u = v128.load(us + at);
    const byInput = v128.load(inputSums + i * 16);
    const dStep = mulAdd(v128.load(rateSums + i * 16), f32x4.splat(LN2), f32x4.mul(u, byInput));
    const dDelta = f32x4.mul(dStep, v128.load(slopes + at));
    v128.store(deltas + at, dDelta);
    v128.store(us + at, mulAdd(v128.load(steps + at), byInput, f32x4.mul(skip, dy)));
    dB = f32x4.add(dB, dDelta);
    dSkip = mulAdd(dy, u, dSkip);
  }
  v128.store(dd + block * 16, dSkip);
  v128.store(dBias + block * 16, dB);
}
