import type { TensorInfo } from '@tensorflow/tfjs';
import { multiply, type Product } from '../matmul/gemm.js';
import { input, replaceKernel } from '../register.js';
import { newTensor, pointer, type WasmBackend } from '../wasm-heap.js';

// A quarter of a second-level cache of 1 MiB.
const cachedFloats = 65_536;

type Shape3 = [number, number, number];

/** Registers the grouped linear map and its gradients as strided matrix products, one per group. */
export function registerWasmGroupedLinear(): void {
  replaceKernel({
    kernelName: 'GroupedLinear',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend }) =>
      forward(backend as unknown as WasmBackend, input(inputs, 'x'), input(inputs, 'weight')),
  });
  replaceKernel({
    kernelName: 'GroupedLinearGrad',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend }) =>
      backward(
        backend as unknown as WasmBackend,
        input(inputs, 'x'),
        input(inputs, 'weight'),
        input(inputs, 'dy'),
      ),
  });
}

function forward(backend: WasmBackend, x: TensorInfo, weight: TensorInfo): TensorInfo {
  const [K, I, O] = weight.shape as Shape3;
  const y = newTensor(backend, [x.shape[0]!, K, O]);
  const products = blockByBlock(x.shape[0]!, weight, (m, row, k): Product[] => [
    {
      ...{ m, n: O, k: I },
      a: group(backend, x, k, I, K, row),
      b: { pointer: pointer(backend, weight) + k * I * O * 4, stride: O },
      c: group(backend, y, k, O, K, row),
    },
  ]);
  multiply(backend, products);
  return y;
}

function backward(backend: WasmBackend, x: TensorInfo, weight: TensorInfo, dy: TensorInfo): TensorInfo[] {
  const [K, I, O] = weight.shape as Shape3;
  const [dx, dWeight] = [newTensor(backend, x.shape), newTensor(backend, weight.shape)];
  const products = blockByBlock(x.shape[0]!, weight, (rows, row, k): Product[] => [
    {
      ...{ m: rows, n: I, k: O },
      a: group(backend, dy, k, O, K, row),
      b: { pointer: pointer(backend, weight) + k * I * O * 4, stride: O, transposed: true },
      c: group(backend, dx, k, I, K, row),
    },
    {
      ...{ m: I, n: O, k: rows },
      a: { ...group(backend, x, k, I, K, row), transposed: true },
      b: group(backend, dy, k, O, K, row),
      c: { pointer: pointer(backend, dWeight) + k * I * O * 4, stride: O },
      accumulate: row > 0,
    },
  ]);
  multiply(backend, products);
  return [dx, dWeight];
}

/** The products of all groups for some rows, then for the next: the groups of a row lie side by side in memory. */
function blockByBlock(
  rows: number,
  weight: TensorInfo,
  products: (rows: number, firstRow: number, k: number) => Product[],
): Product[] {
  const [K, , O] = weight.shape as Shape3;
  const block = Math.max(48, Math.ceil(cachedFloats / (K * O)));
  const all: Product[] = [];
  for (let row = 0; row < rows; row += block) {
    for (let k = 0; k < K; k++) all.push(...products(Math.min(block, rows - row), row, k));
  }
  return all;
}

/** Group k of `[rows, K, side]`, from a row on, as a matrix of rows that lie K·side apart. */
function group(backend: WasmBackend, tensor: TensorInfo, k: number, side: number, K: number, row: number) {
  return { pointer: pointer(backend, tensor) + (row * K + k) * side * 4, stride: K * side };
}
