// Micro-kernels: a tile of C in registers over the steps of one sliver of B. With six rows its twelve accumulators cover
// the latency of fused multiply-add: 56 GFLOPS at 3.55 GHz against 47 with four; 41 of either shape without fusing.

import { mulAdd } from '../simd-math.as';

/** The tile `to` of 4 × 8 becomes `start` + four rows of A · a sliver of B. */
export function multiplyRowsFour(steps: usize, a: usize, lda: usize, b: usize, start: usize, startStride: usize, to: usize, ldc: usize): void {
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

/** As `multiplyRowsFour`, for six rows. */
export function multiplyRowsSix(steps: usize, a: usize, lda: usize, b: usize, start: usize, startStride: usize, to: usize, ldc: usize): void {
  let a1 = a + lda, a2 = a1 + lda, a3 = a2 + lda, a4 = a3 + lda, a5 = a4 + lda;
  let c00 = v128.load(start), c01 = v128.load(start, 16);
  start += startStride;
  let c10 = v128.load(start), c11 = v128.load(start, 16);
  start += startStride;
  let c20 = v128.load(start), c21 = v128.load(start, 16);
  start += startStride;
  let c30 = v128.load(start), c31 = v128.load(start, 16);
  start += startStride;
  let c40 = v128.load(start), c41 = v128.load(start, 16);
  start += startStride;
  let c50 = v128.load(start), c51 = v128.load(start, 16);
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
    const x4 = v128.load32_splat(a4);
    c40 = mulAdd(x4, b0, c40);
    c41 = mulAdd(x4, b1, c41);
    const x5 = v128.load32_splat(a5);
    c50 = mulAdd(x5, b0, c50);
    c51 = mulAdd(x5, b1, c51);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
    a5 += 4;
  }
  v128.store(to, c00); v128.store(to, c01, 16);
  to += ldc;
  v128.store(to, c10); v128.store(to, c11, 16);
  to += ldc;
  v128.store(to, c20); v128.store(to, c21, 16);
  to += ldc;
  v128.store(to, c30); v128.store(to, c31, 16);
  to += ldc;
  v128.store(to, c40); v128.store(to, c41, 16);
  to += ldc;
  v128.store(to, c50); v128.store(to, c51, 16);
}

/** As `multiplyRowsFour`, for A stored transposed: four consecutive floats are a column of the tile. */
export function multiplyColumnsFour(steps: usize, a: usize, lda: usize, b: usize, start: usize, startStride: usize, to: usize, ldc: usize): void {
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

/** As `multiplyColumnsFour`, for six rows. */
export function multiplyColumnsSix(steps: usize, a: usize, lda: usize, b: usize, start: usize, startStride: usize, to: usize, ldc: usize): void {
  let c00 = v128.load(start), c01 = v128.load(start, 16);
  start += startStride;
  let c10 = v128.load(start), c11 = v128.load(start, 16);
  start += startStride;
  let c20 = v128.load(start), c21 = v128.load(start, 16);
  start += startStride;
  let c30 = v128.load(start), c31 = v128.load(start, 16);
  start += startStride;
  let c40 = v128.load(start), c41 = v128.load(start, 16);
  start += startStride;
  let c50 = v128.load(start), c51 = v128.load(start, 16);
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
    const x4 = v128.load32_splat(a, 16);
    c40 = mulAdd(x4, b0, c40);
    c41 = mulAdd(x4, b1, c41);
    const x5 = v128.load32_splat(a, 20);
    c50 = mulAdd(x5, b0, c50);
    c51 = mulAdd(x5, b1, c51);
    a += lda;
  }
  v128.store(to, c00); v128.store(to, c01, 16);
  to += ldc;
  v128.store(to, c10); v128.store(to, c11, 16);
  to += ldc;
  v128.store(to, c20); v128.store(to, c21, 16);
  to += ldc;
  v128.store(to, c30); v128.store(to, c31, 16);
  to += ldc;
  v128.store(to, c40); v128.store(to, c41, 16);
  to += ldc;
  v128.store(to, c50); v128.store(to, c51, 16);
}

/** One row of a tile; A advances by `stride`. */
export function multiplyOne(steps: usize, a: usize, stride: usize, b: usize, to: usize): void {
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
