// C [M,N] (+)= op(A) [M,K] · op(B) [K,N] (+ bias [N]), single precision, any row strides.
//
// B is packed in panels of KC × NC as slivers of eight columns, which stay in the second-level cache. A few rows of A at
// a time meet all of them, so that C is written in whole cache lines; where A is stored transposed, those rows are packed.

import { multiplyColumnsFour, multiplyColumnsSix, multiplyOne, multiplyRowsFour, multiplyRowsSix } from './tiles.as';

const KC: usize = 256;
const NC: usize = 512;

let zeros: usize;
let tile: usize;
let strip: usize;
let packed: usize;

// @ts-ignore: decorator
@inline
function smaller(x: usize, y: usize): usize {
  return x < y ? x : y;
}

/** Bytes of work memory for a product with these inner and outer sizes. */
export function gemmWork(n: usize, k: usize): usize {
  return smaller(KC, k) * ((smaller(NC, n) + 7) & ~7) * 4 + KC * 32 + 320;
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
  strip = tile + 224;
  packed = strip + KC * 32;
  for (let column: usize = 0; column < n; column += NC) {
    const columns = smaller(NC, n - column);
    for (let depth: usize = 0; depth < k; depth += KC) {
      const steps = smaller(KC, k - depth);
      if (transposeB) packTransposed(b + column * ldb + depth * 4, ldb, columns, steps);
      else pack(b + depth * ldb + column * 4, ldb, columns, steps);
      const from = transposeA ? a + depth * lda : a + depth * 4;
      const keep = accumulate || depth > 0;
      panel(m, columns, steps, from, lda, transposeA, c + column * 4, ldc, bias ? bias + column * 4 : 0, keep);
    }
  }
}

/** All rows against the packed panel of B. */
function panel(rows: usize, columns: usize, steps: usize, a: usize, lda: usize, transposeA: bool, c: usize, ldc: usize, bias: usize, keep: bool): void {
  for (let i: usize = 0, height: usize = 0; i < rows; i += height) {
    height = tileHeight(rows - i);
    let from = transposeA ? a + i * 4 : a + i * lda;
    let stride = lda;
    if (transposeA && height >= 4) {
      packStrip(from, lda, height, steps);
      from = strip;
      stride = 32;
    }
    for (let j: usize = 0; j < columns; j += 8) {
      const width = smaller(8, columns - j);
      const b = packed + j * steps * 4;
      const to = c + i * ldc + j * 4;
      if (height >= 4 && width == 8) {
        const start = keep ? to : bias ? bias + j * 4 : zeros;
        multiply(height, steps, from, stride, transposeA, b, start, keep ? ldc : 0, to, ldc);
      } else {
        edge(height, width, steps, from, stride, transposeA, b, to, ldc, bias ? bias + j * 4 : 0, keep);
      }
    }
  }
}

/** Four or six columns of A as stored, 32 bytes a step. */
function packStrip(a: usize, lda: usize, height: usize, steps: usize): void {
  let to = strip;
  for (let s: usize = 0; s < steps; s++) {
    v128.store(to, v128.load(a));
    if (height == 6) v128.store64_lane(to, v128.load64_zero(a, 16), 0, 16);
    to += 32;
    a += lda;
  }
}

/** Rows of the next tile: six, but fours where that leaves fewer rows over. */
// @ts-ignore: decorator
@inline
function tileHeight(rows: usize): usize {
  return rows == 8 || rows == 4 || rows == 5 ? 4 : smaller(6, rows);
}

// @ts-ignore: decorator
@inline
function multiply(height: usize, steps: usize, a: usize, lda: usize, transposeA: bool, b: usize, start: usize, startStride: usize, to: usize, ldc: usize): void {
  if (height == 6) {
    if (transposeA) multiplyColumnsSix(steps, a, lda, b, start, startStride, to, ldc);
    else multiplyRowsSix(steps, a, lda, b, start, startStride, to, ldc);
  } else {
    if (transposeA) multiplyColumnsFour(steps, a, lda, b, start, startStride, to, ldc);
    else multiplyRowsFour(steps, a, lda, b, start, startStride, to, ldc);
  }
}

/** A tile that is cut off by the edge of C: computed aside, then copied as far as it reaches. */
function edge(height: usize, width: usize, steps: usize, a: usize, lda: usize, transposeA: bool, b: usize, to: usize, ldc: usize, bias: usize, keep: bool): void {
  if (height >= 4) multiply(height, steps, a, lda, transposeA, b, zeros, 0, tile, 32);
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
