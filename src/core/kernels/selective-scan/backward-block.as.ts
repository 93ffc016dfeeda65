// One block of a tile: run forwards again from its checkpoint, then backwards.
//
// Per step there is a record of the block and, for every state, a trace; both are read at fixed offsets from one pointer,
// which is worth a third of the time: address arithmetic competes with the products for the same ports.

import { LOG2E, exp2, exp2Product, log1p, mulAdd } from '../simd-math.as';
import { boundedDecay } from './forward.as';
import { N, PANEL, ROW, TILE, bRows, biases, cRows, layoutShared, limits, rates, skips, take } from './tile.as';

const LN2: f32 = 0.69314718;

/** Vectors of a record: step, step·u, ∂y, Σ over states of what ∂delta and ∂u are made of, slope of softplus, u. */
const RECORD: usize = 128;
const STEP: usize = 0;
const INPUT: usize = 16;
const DY: usize = 32;
const BY_RATE: usize = 48;
const BY_INPUT: usize = 64;
const SLOPE: usize = 80;
const U: usize = 96;

/** Vectors of a trace: the decay, what it left of the state before, ∂b and ∂c of the panel with lanes not added up. */
export const TRACE: usize = 64;
const DECAY: usize = 0;
const REMAIN: usize = 16;
export const DB: usize = 32;
export const DC: usize = 48;

/** `[TILE][PANEL]`: delta, u and ∂y; a block replaces its part of the first two by their gradients. */
export let deltas: usize, us: usize, dys: usize;
/** `[TILE]` records of one block, `[TILE][N]` traces. */
let records: usize;
export let traces: usize;
/** `[N][4]` h of one block; decay·∂h of all blocks `[block][N][4]`. */
let states: usize;
export let carriedGrads: usize;
/** `[block][N][4]` ∂A; `[block][4]` ∂D and ∂bias. */
export let da: usize, dd: usize, dBias: usize;

/** Lays out the work memory of the gradient. */
export function layoutBackward(work: usize): void {
  layoutShared(work);
  deltas = take(TILE * PANEL);
  us = take(TILE * PANEL);
  dys = take(TILE * PANEL);
  records = take((TILE * RECORD) / 4);
  traces = take((TILE * N * TRACE) / 4);
  states = take(N * 4);
  carriedGrads = take(PANEL * N);
  da = take(PANEL * N);
  dd = take(PANEL);
  dBias = take(PANEL);
}

/** Gradients of one block; its rows of delta and u are replaced by theirs. */
export function backBlock(count: usize, block: usize, checkpoint: usize): void {
  const gentle = activate(count, block * 16);
  memory.copy(states, checkpoint + block * N * 16, N * 16);
  let n: usize = 0;
  if (gentle) for (; n + 2 <= N; n += 2) recomputeTwo(count, block, n);
  for (; n < N; n++) recomputeOne(count, block, n);
  for (n = 0; n + 2 <= N; n += 2) reverseTwo(count, block, n);
  if (n < N) reverseOne(count, block, n);
  finish(count, block);
}

/** Writes the records of a block; returns whether all decays are within range. */
function activate(count: usize, block: usize): bool {
  const bias = v128.load(biases + block);
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const deltaRow = deltas + block;
  const uRow = us + block;
  const dyRow = dys + block;
  let longest = zero;
  let record = records;
  for (let i: usize = 0; i < count * ROW; i += ROW, record += RECORD) {
    const x = f32x4.add(v128.load(deltaRow + i), bias);
    const u = v128.load(uRow + i);
    const scaled = f32x4.mul(x, f32x4.splat(LOG2E));
    const e = exp2(f32x4.pmin(scaled, f32x4.sub(zero, scaled)));
    const step = f32x4.add(log1p(e), f32x4.pmax(x, zero));
    longest = f32x4.pmax(longest, step);
    v128.store(record, step, STEP);
    v128.store(record, f32x4.mul(step, u), INPUT);
    v128.store(record, v128.load(dyRow + i), DY);
    v128.store(record, zero, BY_RATE);
    v128.store(record, zero, BY_INPUT);
    v128.store(record, f32x4.div(v128.bitselect(one, e, f32x4.gt(x, zero)), f32x4.add(one, e)), SLOPE);
    v128.store(record, u, U);
  }
  return !v128.any_true(f32x4.gt(longest, v128.load(limits + block)));
}

/** Runs two states of a block forwards over a tile, keeping decays and remains, and adds their part of ∂c. */
function recomputeTwo(count: usize, block: usize, n: usize): void {
  const r = rates + (block * N + n) * 16;
  const h = states + n * 16;
  let h0 = v128.load(h, 0);
  let h1 = v128.load(h, 16);
  const width = N;
  let b = bRows + n * 4;
  let trace = traces + n * TRACE;
  let record = records;
  for (const end = record + count * RECORD; record < end; record += RECORD) {
    const step = v128.load(record, STEP);
    const input = v128.load(record, INPUT);
    const dy = v128.load(record, DY);
    const e0 = exp2Product(step, v128.load(r, 0));
    v128.store(trace, e0, 0);
    const m0 = f32x4.mul(e0, h0);
    v128.store(trace, m0, 16);
    h0 = mulAdd(input, v128.load32_splat(b, 0), m0);
    v128.store(trace, mulAdd(h0, dy, v128.load(trace, 48)), 48);
    const e1 = exp2Product(step, v128.load(r, 16));
    v128.store(trace, e1, 64);
    const m1 = f32x4.mul(e1, h1);
    v128.store(trace, m1, 80);
    h1 = mulAdd(input, v128.load32_splat(b, 4), m1);
    v128.store(trace, mulAdd(h1, dy, v128.load(trace, 112)), 112);
    b += width * 4;
    trace += width * TRACE;
  }
}

/** As `recomputeTwo`, for one state, with decays bounded. */
function recomputeOne(count: usize, block: usize, n: usize): void {
  const rate = v128.load(rates + (block * N + n) * 16);
  let h = v128.load(states + n * 16);
  for (let i: usize = 0; i < count; i++) {
    const record = records + i * RECORD;
    const trace = traces + (i * N + n) * TRACE;
    const decay = boundedDecay(v128.load(record, STEP), rate);
    const remain = f32x4.mul(decay, h);
    h = mulAdd(v128.load(record, INPUT), v128.load32_splat(bRows + (i * N + n) * 4), remain);
    v128.store(trace, decay, DECAY);
    v128.store(trace, remain, REMAIN);
    v128.store(trace, mulAdd(h, v128.load(record, DY), v128.load(trace, DC)), DC);
  }
}

/** Runs two states of a block backwards over a tile: adds to ∂b, ∂A and the sums over states. */
function reverseTwo(count: usize, block: usize, n: usize): void {
  const at = (block * N + n) * 16;
  const width = N;
  const r0 = v128.load(rates + at, 0);
  let k0 = v128.load(carriedGrads + at, 0);
  let d0 = v128.load(da + at, 0);
  const r1 = v128.load(rates + at, 16);
  let k1 = v128.load(carriedGrads + at, 16);
  let d1 = v128.load(da + at, 16);
  const first = records;
  let record = first + count * RECORD;
  let trace = traces + (count * width + n) * TRACE;
  let b = bRows + (count * width + n) * 4;
  let c = cRows + (count * width + n) * 4;
  while (record > first) {
    record -= RECORD;
    trace -= width * TRACE;
    b -= width * 4;
    c -= width * 4;
    const step = v128.load(record, STEP);
    const input = v128.load(record, INPUT);
    const dy = v128.load(record, DY);
    let byRate = v128.load(record, BY_RATE);
    let byInput = v128.load(record, BY_INPUT);
    const g0 = mulAdd(dy, v128.load32_splat(c, 0), k0);
    const m0 = f32x4.mul(g0, v128.load(trace, 16));
    k0 = f32x4.mul(g0, v128.load(trace, 0));
    v128.store(trace, mulAdd(g0, input, v128.load(trace, 32)), 32);
    d0 = mulAdd(m0, step, d0);
    byRate = mulAdd(m0, r0, byRate);
    byInput = mulAdd(g0, v128.load32_splat(b, 0), byInput);
    const g1 = mulAdd(dy, v128.load32_splat(c, 4), k1);
    const m1 = f32x4.mul(g1, v128.load(trace, 80));
    k1 = f32x4.mul(g1, v128.load(trace, 64));
    v128.store(trace, mulAdd(g1, input, v128.load(trace, 96)), 96);
    d1 = mulAdd(m1, step, d1);
    byRate = mulAdd(m1, r1, byRate);
    byInput = mulAdd(g1, v128.load32_splat(b, 4), byInput);
    v128.store(record, byRate, BY_RATE);
    v128.store(record, byInput, BY_INPUT);
  }
  v128.store(carriedGrads + at, k0, 0);
  v128.store(da + at, d0, 0);
  v128.store(carriedGrads + at, k1, 16);
  v128.store(da + at, d1, 16);
}

/** As `reverseTwo`, for the last of an odd number of states. */
function reverseOne(count: usize, block: usize, n: usize): void {
  const at = (block * N + n) * 16;
  const rate = v128.load(rates + at);
  let carried = v128.load(carriedGrads + at);
  let dRate = v128.load(da + at);
  for (let i = count; i-- > 0; ) {
    const record = records + i * RECORD;
    const trace = traces + (i * N + n) * TRACE;
    const bc = (i * N + n) * 4;
    const g = mulAdd(v128.load(record, DY), v128.load32_splat(cRows + bc), carried);
    const kept = f32x4.mul(g, v128.load(trace, REMAIN));
    carried = f32x4.mul(g, v128.load(trace, DECAY));
    v128.store(trace, mulAdd(g, v128.load(record, INPUT), v128.load(trace, DB)), DB);
    dRate = mulAdd(kept, v128.load(record, STEP), dRate);
    v128.store(record, mulAdd(kept, rate, v128.load(record, BY_RATE)), BY_RATE);
    v128.store(record, mulAdd(g, v128.load32_splat(bRows + bc), v128.load(record, BY_INPUT)), BY_INPUT);
  }
  v128.store(carriedGrads + at, carried);
  v128.store(da + at, dRate);
}

/** Turns `deltas` and `us` of a block into their gradients, and adds to ∂D and ∂bias. */
function finish(count: usize, block: usize): void {
  const skip = v128.load(skips + block * 16);
  let dSkip = v128.load(dd + block * 16);
  let dB = v128.load(dBias + block * 16);
  let delta = deltas + block * 16;
  let du = us + block * 16;
  let record = records;
  for (const end = record + count * RECORD; record < end; record += RECORD) {
    const dy = v128.load(record, DY);
    const u = v128.load(record, U);
    const byInput = v128.load(record, BY_INPUT);
    const dStep = mulAdd(v128.load(record, BY_RATE), f32x4.splat(LN2), f32x4.mul(u, byInput));
    const dDelta = f32x4.mul(dStep, v128.load(record, SLOPE));
    v128.store(delta, dDelta);
    v128.store(du, mulAdd(v128.load(record, STEP), byInput, f32x4.mul(skip, dy)));
    dB = f32x4.add(dB, dDelta);
    dSkip = mulAdd(dy, u, dSkip);
    delta += ROW;
    du += ROW;
  }
  v128.store(dd + block * 16, dSkip);
  v128.store(dBias + block * 16, dB);
}
