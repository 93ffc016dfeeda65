import type { TensorInfo } from '@tensorflow/tfjs';
import { multiply, type Product } from '../matmul/gemm.js';
import { input, replaceKernel } from '../register.js';
import { newTensor, pointer, type WasmBackend } from '../wasm-heap.js';

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
  const rows = x.shape[0]!;
  const y = newTensor(backend, [rows, K, O]);
  multiply(
    backend,
    perGroup(K, (k) => ({
      m: rows,
      n: O,
      k: I,
      a: group(backend, x, k, I, K),
      b: { pointer: pointer(backend, weight) + k * I * O * 4, stride: O },
      c: group(backend, y, k, O, K),
    })),
  );
  return y;
}

function backward(backend: WasmBackend, x: TensorInfo, weight: TensorInfo, dy: TensorInfo): TensorInfo[] {
  const [K, I, O] = weight.shape as Shape3;
  const rows = x.shape[0]!;
  const [dx, dWeight] = [newTensor(backend, x.shape), newTensor(backend, weight.shape)];
  multiply(backend, [
    ...perGroup(K, (k) => ({
      m: rows,
      n: I,
      k: O,
      a: group(backend, dy, k, O, K),
      b: { pointer: pointer(backend, weight) + k * I * O * 4, stride: O, transposed: true },
      c: group(backend, dx, k, I, K),
    })),
    ...perGroup(K, (k) => ({
      m: I,
      n: O,
      k: rows,
      a: { ...group(backend, x, k, I, K), transposed: true },
      b: group(backend, dy, k, O, K),
      c: { pointer: pointer(backend, dWeight) + k * I * O * 4, stride: O },
    })),
  ]);
  return [dx, dWeight];
}

function perGroup(K: number, product: (k: number) => Product): Product[] {
  return Array.from({ length: K }, (_, k) => product(k));
}

/** Group k of `[rows, K, side]` as a matrix of rows that lie K·side apart. */
function group(backend: WasmBackend, tensor: TensorInfo, k: number, side: number, K: number) {
  return { pointer: pointer(backend, tensor) + k * side * 4, stride: K * side };
}
