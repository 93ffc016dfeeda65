import { LOG2E, exp2, exp2Product, log1p, mulAdd } from '../simd-math.as';
import { boundedDecay } from './forward.as';
import {
  D, K, N, PANEL, ROW, TILE,
  addRow, bRows, biases, cRows, copyPadded, gather, layoutShared, limits, loadParameters, pixelAt, rates, segment, skips,
  smaller, storeRow, take, tileStart, tileSteps, tilesPerPath, workEnd,
} from './tile.as';

const LN2: f32 = 0.69314718;

/** `[N][4]` of one block: h while a tile is run forwards; decay·∂h of all blocks `[block][N][4]` while backwards. */
let states: usize, carriedGrads: usize;
/** `[TILE][PANEL]`: delta, then ∂delta · softplus(delta + bias) · its slope · u, then ∂u · step·u · ∂y. */
let deltas: usize, steps: usize, slopes: usize, us: usize, inputs: usize, dys: usize;
/** `[TILE][N][4]` of one block: decays, and what they left of the state before. */
let decays: usize, remains: usize;
/** `[TILE][N][4]` ∂b and ∂c, lanes not yet added up. */
let dbLanes: usize, dcLanes: usize;
/** `[block][N][4]` ∂A; `[block][4]` ∂D, ∂bias; a row to reduce lanes into. */
let da: usize, dd: usize, dBias: usize, sums: usize;

function layout(work: usize): void {
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
  da = take(PANEL * N);
  dd = take(PANEL);
  dBias = take(PANEL);
  sums = take(N);
}

/** Bytes of work memory for `backward`, after `configure`. */
export function backwardWork(): usize {
  layout(0);
  return workEnd + 64;
}

let duAt: usize, dDeltaAt: usize, dbAt: usize, dcAt: usize, daAt: usize, ddAt: usize, dBiasAt: usize, dyAt: usize;

/** Where the gradients of one image go; those of the parameters are added to. */
export function bindGradients(dy: usize, du: usize, dDelta: usize, db: usize, dc: usize, dA: usize, dD: usize, bias: usize): void {
  dyAt = dy;
  duAt = du;
  dDeltaAt = dDelta;
  dbAt = db;
  dcAt = dc;
  daAt = dA;
  ddAt = dD;
  dBiasAt = bias;
}

/**
 * Gradients of channels `[first, last)` of the bound image, tile by tile from the end: each tile is run forwards once
 * more from its checkpoint, keeping its decays, and then backwards. ∂delta is written, all others are added to.
 */
export function backward(first: usize, last: usize, work: usize, checkpoints: usize): void {
  layout(work);
  const tiles = tilesPerPath();
  const allBlocks = (D + 3) >> 2;
  for (let k: usize = 0; k < K; k++) {
    for (let panel = first; panel < last; panel += PANEL) {
      const width = smaller(PANEL, last - panel);
      const blocks = (width + 3) >> 2;
      loadParameters(k, panel, width);
      memory.fill(da, 0, PANEL * N * 4);
      memory.fill(dd, 0, ROW);
      memory.fill(dBias, 0, ROW);
      for (let tile = tiles; tile-- > 0; ) {
        const t = tileStart(tile);
        if ((t + tileSteps(t)) % segment == 0) memory.fill(carriedGrads, 0, PANEL * N * 4);
        backTile(k, t, panel, width, blocks, checkpoints + ((k * tiles + tile) * allBlocks + (panel >> 2)) * N * 16);
      }
      storeParameterGradients(k * D + panel, width);
    }
  }
}

function backTile(k: usize, t: usize, panel: usize, width: usize, blocks: usize, checkpoint: usize): void {
  const count = tileSteps(t);
  gather(k, t, count, panel, width, deltas, us);
  for (let i: usize = 0; i < count; i++) copyPadded(dys + i * ROW, dyAt + (pixelAt(k, t + i) * D + panel) * 4, width);
  memory.fill(dbLanes, 0, count * N * 16);
  memory.fill(dcLanes, 0, count * N * 16);
  for (let block: usize = 0; block < blocks; block++) {
    const gentle = activate(count, block * 16);
    memory.copy(states, checkpoint + block * N * 16, N * 16);
    if (gentle) recompute(count, block, true);
    else recompute(count, block, false);
    reverse(count, block);
  }
  for (let i: usize = 0; i < count; i++) {
    const pixel = pixelAt(k, t + i);
    storeRow(dDeltaAt + ((pixel * K + k) * D + panel) * 4, deltas + i * ROW, width);
    addRow(duAt + (pixel * D + panel) * 4, us + i * ROW, width);
    reduceLanes(dbAt + (pixel * K + k) * N * 4, dbLanes + i * N * 16);
    reduceLanes(dcAt + (pixel * K + k) * N * 4, dcLanes + i * N * 16);
  }
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

/** Runs a block of a tile forwards, keeping decays and remains, and adds its part of ∂c. */
// @ts-ignore: decorator
@inline
function recompute(count: usize, block: usize, gentle: bool): void {
  const rate = rates + block * N * 16;
  const rows = N * 16;
  for (let i: usize = 0, at = block * 16; i < count; i++, at += ROW) {
    const step = v128.load(steps + at);
    const input = v128.load(inputs + at);
    const dy = v128.load(dys + at);
    const b = bRows + i * N * 4;
    const base = i * rows;
    for (let n: usize = 0; n < rows; n += 16) {
      const r = v128.load(rate + n);
      const decay = gentle ? exp2Product(step, r) : boundedDecay(step, r);
      const remain = f32x4.mul(decay, v128.load(states + n));
      const h = mulAdd(input, v128.load32_splat(b + (n >> 2)), remain);
      v128.store(states + n, h);
      v128.store(decays + base + n, decay);
      v128.store(remains + base + n, remain);
      v128.store(dcLanes + base + n, mulAdd(h, dy, v128.load(dcLanes + base + n)));
    }
  }
}

/** Runs a block of a tile backwards: turns `deltas` and `us` into their gradients and adds to ∂b, ∂A, ∂D and ∂bias. */
function reverse(count: usize, block: usize): void {
  const rows = N * 16;
  const rate = rates + block * rows;
  const dRate = da + block * rows;
  const carried = carriedGrads + block * rows;
  const skip = v128.load(skips + block * 16);
  let dSkip = v128.load(dd + block * 16);
  let dB = v128.load(dBias + block * 16);
  for (let i = count; i-- > 0; ) {
    const at = i * ROW + block * 16;
    const step = v128.load(steps + at);
    const input = v128.load(inputs + at);
    const dy = v128.load(dys + at);
    const b = bRows + i * N * 4;
    const c = cRows + i * N * 4;
    const base = i * rows;
    let byRate = f32x4.splat(0);
    let byInput = f32x4.splat(0);
    for (let n: usize = 0; n < rows; n += 16) {
      const g = mulAdd(dy, v128.load32_splat(c + (n >> 2)), v128.load(carried + n));
      const kept = f32x4.mul(g, v128.load(remains + base + n));
      v128.store(carried + n, f32x4.mul(g, v128.load(decays + base + n)));
      v128.store(dbLanes + base + n, mulAdd(g, input, v128.load(dbLanes + base + n)));
      v128.store(dRate + n, mulAdd(kept, step, v128.load(dRate + n)));
      byRate = mulAdd(kept, v128.load(rate + n), byRate);
      byInput = mulAdd(g, v128.load32_splat(b + (n >> 2)), byInput);
    }
    const u = v128.load(us + at);
    const dStep = mulAdd(byRate, f32x4.splat(LN2), f32x4.mul(u, byInput));
    const dDelta = f32x4.mul(dStep, v128.load(slopes + at));
    v128.store(deltas + at, dDelta);
    v128.store(us + at, mulAdd(step, byInput, f32x4.mul(skip, dy)));
    dB = f32x4.add(dB, dDelta);
    dSkip = mulAdd(dy, u, dSkip);
  }
  v128.store(dd + block * 16, dSkip);
  v128.store(dBias + block * 16, dB);
}

/** Adds the four lanes of each of N vectors to a row of N floats. */
function reduceLanes(to: usize, lanes: usize): void {
  for (let n: usize = 0; n < N; n++) {
    const x = v128.load(lanes + n * 16);
    const y = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
    store<f32>(to + n * 4, load<f32>(to + n * 4) + f32x4.extract_lane(y, 0) + f32x4.extract_lane(y, 1));
  }
}

function storeParameterGradients(row: usize, width: usize): void {
  addRow(ddAt + row * 4, dd, width);
  addRow(dBiasAt + row * 4, dBias, width);
  for (let i: usize = 0; i < width; i++) {
    const from = da + (i >> 2) * N * 16 + (i & 3) * 4;
    const to = daAt + (row + i) * N * 4;
    for (let n: usize = 0; n < N; n++) store<f32>(to + n * 4, load<f32>(to + n * 4) + load<f32>(from + n * 16));
  }
}
