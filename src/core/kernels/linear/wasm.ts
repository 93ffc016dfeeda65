import { multiply } from '../matmul/gemm.js';
import { input, replaceKernel } from '../register.js';
import { newTensor, pointer, type WasmBackend } from '../wasm-heap.js';

/** Registers the linear map with bias as one matrix product whose rows start from the bias. */
export function registerWasmLinear(): void {
  replaceKernel({
    kernelName: 'Linear',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend: wasm }) => {
      const backend = wasm as unknown as WasmBackend;
      const [x, weight] = [input(inputs, 'x'), input(inputs, 'weight')];
      const [m, k] = x.shape as [number, number];
      const n = weight.shape[1]!;
      const y = newTensor(backend, [m, n]);
      const a = { pointer: pointer(backend, x), stride: k };
      const b = { pointer: pointer(backend, weight), stride: n };
      const c = { pointer: pointer(backend, y), stride: n };
      multiply(backend, [{ m, n, k, a, b, c, bias: pointer(backend, input(inputs, 'bias')) }]);
      return y;
    },
  });
}
