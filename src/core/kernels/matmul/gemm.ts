import type { TensorInfo } from '@tensorflow/tfjs';
import { kernelsOn, type WasmBackend, withWork } from '../wasm-heap.js';

/** A matrix as it lies in memory: row-major with `stride` floats from row to row, read transposed on request. */
export interface StoredMatrix {
  pointer: number;
  /** Floats from one stored row to the next. */
  stride: number;
  transposed?: boolean;
}

export interface Product {
  /** Rows of the result, its columns, and the length of the dot products. */
  m: number;
  n: number;
  k: number;
  a: StoredMatrix;
  b: StoredMatrix;
  c: Omit<StoredMatrix, 'transposed'>;
  /** Pointer to n floats that every row starts from. */
  bias?: number;
  /** Add to what c holds. */
  accumulate?: boolean;
}

interface MatmulKernels {
  gemm(
    ...args: [
      ...[m: number, n: number, k: number],
      ...[a: number, lda: number, transposeA: boolean],
      ...[b: number, ldb: number, transposeB: boolean],
      ...[c: number, ldc: number, bias: number, accumulate: boolean, work: number],
    ]
  ): void;
  gemmWork(n: number, k: number): number;
}

/** Runs matrix products one after the other, in place on the memory of tfjs-backend-wasm. */
export function multiply(backend: WasmBackend, products: readonly Product[]): void {
  const { gemm, gemmWork } = kernelsOn<MatmulKernels>(backend, 'matmul');
  const bytes = products.reduce((most, { n, k }) => Math.max(most, gemmWork(n, k)), 0);
  withWork(backend, bytes, (work) => {
    for (const { m, n, k, a, b, c, bias = 0, accumulate = false } of products) {
      gemm(
        ...([m, n, k] as const),
        ...([a.pointer, a.stride * 4, a.transposed === true] as const),
        ...([b.pointer, b.stride * 4, b.transposed === true] as const),
        ...([c.pointer, c.stride * 4, bias, accumulate, work] as const),
      );
    }
  });
}

/** Sides of a stack of matrices. */
export function matrixSides(tensor: TensorInfo): { rows: number; columns: number } {
  return { rows: tensor.shape.at(-2)!, columns: tensor.shape.at(-1)! };
}
