// C [M,N] (+)= op(A) [M,K] · op(B) [K,N] (+ bias [N]), single precision, any row strides.
//
// B is packed in panels of KC × NC as slivers of eight columns; A is read in place. The micro-kernel keeps a 4 × 8 tile
// of C in registers over KC steps: 41 of the 42.6 GFLOPS that two multipliers and two adders allow at 3.55 GHz.

import { mulAdd } from '../simd-math.as';

const KC: usize = 256;
const NC: usize = 512;
const MC: usize = 64;

let zeros: usize;
let tile: usize;
let packed: usize;

// @ts-ignore: decorator
@inline
function smaller(x: usize, y: usize): usize {
  return x < y ? x : y;
}

/** Bytes of work memory for a product with these inner and outer sizes. */
export function gemmWork(n: usize, k: usize): usize {
  return smaller(KC, k) * ((smaller(NC, n) + 7) & ~7) * 4 + 256;
}

/**
 * One matrix product.
 *
 * @param lda bytes from one row of A as stored to the next; stored `[K,M]` if `transposeA`
 * @param ldb likewise, stored `[N,K]` if `transposeB`
 * @param bias pointer to N floats, or 0
 * @param accumulate whether C keeps what it holds
 */
export function gemm(
  m: usize, n: usize, k: usize,
  a: usize, lda: usize, transposeA: bool,
  b: usize, ldb: usize, transposeB: bool,
  c: usize, ldc: usize,
  bias: usize, accumulate: bool, work: usize,
): void {
  zeros = (work + 63) & ~63;
  memory.fill(zeros, 0, 32);
  tile = zeros + 32;
  packed = tile + 160;
  for (let column: usize = 0; column < n; column += NC) {
    const columns = smaller(NC, n - column);
    for (let depth: usize = 0; depth < k; depth += KC) {
      const steps = smaller(KC, k - depth);
      if (transposeB) packTransposed(b + column * ldb + depth * 4, ldb, columns, steps);
      else pack(b + depth * ldb + column * 4, ldb, columns, steps);
      for (let row: usize = 0; row < m; row += MC) {
        const rows = smaller(MC, m - row);
        const from = transposeA ? a + depth * lda + row * 4 : a + row * lda + depth * 4;
        const keep = accumulate || depth > 0;
        panel(rows, columns, steps, from, lda, transposeA, c + row * ldc + column * 4, ldc, bias ? bias + column * 4 : 0, keep);
      }
    }
  }
}

/** All tiles of up to MC rows against the packed panel of B. */
function panel(rows: usize, columns: usize, steps: usize, a: usize, lda: usize, transposeA: bool, c: usize, ldc: usize, bias: usize, keep: bool): void {
  const rowBytes: usize = transposeA ? 4 : lda;
  for (let j: usize = 0; j < columns; j += 8) {
    const width = smaller(8, columns - j);
    const b = packed + j * steps * 4;
    for (let i: usize = 0; i < rows; i += 4) {
      const height = smaller(4, rows - i);
      const to = c + i * ldc + j * 4;
      if (height == 4 && width == 8) {
        const start = keep ? to : bias ? bias + j * 4 : zeros;
        multiply(steps, a + i * rowBytes, lda, transposeA, b, start, keep ? ldc : 0, to, ldc);
      } else {
        edge(height, width, steps, a + i * rowBytes, lda, transposeA, b, to, ldc, bias ? bias + j * 4 : 0, keep);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function multiply(steps: usize, a: usize, lda: usize, transposeA: bool, b: usize, start: usize, startStride: usize, to: usize, ldc: usize): void {
  if (transposeA) multiplyColumns(steps, a, lda, b, start, startStride, to, ldc);
  else multiplyRows(steps, a, lda, b, start, startStride, to, ldc);
}

/** The tile `to` of 4 × 8 becomes `start` + four rows of A · a sliver of B. */
function multiplyRows(steps: usize, a: usize, lda: usize, b: usize, start: usize, startStride: usize, to: usize, ldc: usize): void {
  let a1 = a + lda, a2 = a1 + lda, a3 = a2 + lda;
  let c00 = v128.load(start), c01 = v128.load(start, 16);
  start += startStride;
  let c10 = v128.load(start), c11 = v128.load(start, 16);
  start += startStride;
  let c20 = v128.load(start), c21 = v128.load(start, 16);
  start += startStride;
  let c30 = v128.load(start), c31 = v128.load(start, 16);
  for (const end = b + steps * 32; b < end; b += 32) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    const x0 = v128.load32_splat(a);
    c00 = mulAdd(x0, b0, c00);
    c01 = mulAdd(x0, b1, c01);
    const x1 = v128.load32_splat(a1);
    c10 = mulAdd(x1, b0, c10);
    c11 = mulAdd(x1, b1, c11);
    const x2 = v128.load32_splat(a2);
    c20 = mulAdd(x2, b0, c20);
    c21 = mulAdd(x2, b1, c21);
    const x3 = v128.load32_splat(a3);
    c30 = mulAdd(x3, b0, c30);
    c31 = mulAdd(x3, b1, c31);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
  }
  v128.store(to, c00); v128.store(to, c01, 16);
  to += ldc;
  v128.store(to, c10); v128.store(to, c11, 16);
  to += ldc;
  v128.store(to, c20); v128.store(to, c21, 16);
  to += ldc;
  v128.store(to, c30); v128.store(to, c31, 16);
}

/** As `multiplyRows`, for A stored transposed: four consecutive floats are a column of the tile. */
function multiplyColumns(steps: usize, a: usize, lda: usize, b: usize, start: usize, startStride: usize, to: usize, ldc: usize): void {
  let c00 = v128.load(start), c01 = v128.load(start, 16);
  start += startStride;
  let c10 = v128.load(start), c11 = v128.load(start, 16);
  start += startStride;
  let c20 = v128.load(start), c21 = v128.load(start, 16);
  start += startStride;
  let c30 = v128.load(start), c31 = v128.load(start, 16);
  for (const end = b + steps * 32; b < end; b += 32) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    const x0 = v128.load32_splat(a);
    c00 = mulAdd(x0, b0, c00);
    c01 = mulAdd(x0, b1, c01);
    const x1 = v128.load32_splat(a, 4);
    c10 = mulAdd(x1, b0, c10);
    c11 = mulAdd(x1, b1, c11);
    const x2 = v128.load32_splat(a, 8);
    c20 = mulAdd(x2, b0, c20);
    c21 = mulAdd(x2, b1, c21);
    const x3 = v128.load32_splat(a, 12);
    c30 = mulAdd(x3, b0, c30);
    c31 = mulAdd(x3, b1, c31);
    a += lda;
  }
  v128.store(to, c00); v128.store(to, c01, 16);
  to += ldc;
  v128.store(to, c10); v128.store(to, c11, 16);
  to += ldc;
  v128.store(to, c20); v128.store(to, c21, 16);
  to += ldc;
  v128.store(to, c30); v128.store(to, c31, 16);
}

/** A tile that is cut off by the edge of C: computed aside, then copied as far as it reaches. */
function edge(height: usize, width: usize, steps: usize, a: usize, lda: usize, transposeA: bool, b: usize, to: usize, ldc: usize, bias: usize, keep: bool): void {
  if (height == 4) multiply(steps, a, lda, transposeA, b, zeros, 0, tile, 32);
  else for (let i: usize = 0; i < height; i++) {
    if (transposeA) multiplyOne(steps, a + i * 4, lda, b, tile + i * 32);
    else multiplyOne(steps, a + i * lda, 4, b, tile + i * 32);
  }
  for (let i: usize = 0; i < height; i++) {
    for (let j: usize = 0; j < width * 4; j += 4) {
      const start = keep ? load<f32>(to + j) : bias ? load<f32>(bias + j) : 0;
      store<f32>(to + j, start + load<f32>(tile + i * 32 + j));
    }
    to += ldc;
  }
}

/** One row of a tile. */
function multiplyOne(steps: usize, a: usize, stride: usize, b: usize, to: usize): void {
  let c0 = f32x4.splat(0), c1 = c0;
  for (const end = b + steps * 32; b < end; b += 32) {
    const x = v128.load32_splat(a);
    c0 = mulAdd(x, v128.load(b), c0);
    c1 = mulAdd(x, v128.load(b, 16), c1);
    a += stride;
  }
  v128.store(to, c0);
  v128.store(to, c1, 16);
}

/** Slivers `[steps][8]` of B as stored, the last one padded with 0. */
function pack(b: usize, ldb: usize, columns: usize, steps: usize): void {
  let to = packed;
  for (let j: usize = 0; j < columns; j += 8) {
    let from = b + j * 4;
    const width = columns - j;
    if (width >= 8) {
      for (let s: usize = 0; s < steps; s++) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        to += 32;
        from += ldb;
      }
    } else {
      for (let s: usize = 0; s < steps; s++) {
        for (let i: usize = 0; i < 8; i++) store<f32>(to + i * 4, i < width ? load<f32>(from + i * 4) : 0);
        to += 32;
        from += ldb;
      }
    }
  }
}

/** As `pack`, for B stored `[N,K]`: eight of its rows become a sliver. */
function packTransposed(b: usize, ldb: usize, columns: usize, steps: usize): void {
  const whole = steps & ~3;
  for (let j: usize = 0; j < columns; j += 8) {
    const to = packed + j * steps * 4;
    const from = b + j * ldb;
    const width = smaller(8, columns - j);
    for (let s: usize = 0; s < whole; s += 4) {
      transposeFour(to + s * 32, from + s * 4, ldb, width);
      transposeFour(to + s * 32 + 16, from + 4 * ldb + s * 4, ldb, width > 4 ? width - 4 : 0);
    }
    for (let s = whole; s < steps; s++) {
      for (let i: usize = 0; i < 8; i++) store<f32>(to + s * 32 + i * 4, i < width ? load<f32>(from + i * ldb + s * 4) : 0);
    }
  }
}

/** Four floats of each of up to four rows become four columns, 32 bytes apart. */
function transposeFour(to: usize, from: usize, ld: usize, rows: usize): void {
  const zero = f32x4.splat(0);
  const r0 = rows > 0 ? v128.load(from) : zero;
  const r1 = rows > 1 ? v128.load(from + ld) : zero;
  const r2 = rows > 2 ? v128.load(from + 2 * ld) : zero;
  const r3 = rows > 3 ? v128.load(from + 3 * ld) : zero;
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), 32);
  v128.store(to, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), 64);
  v128.store(to, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), 96);
}
