import type { NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import { sizeOf } from '../../tensor.js';
import { input, replaceKernel } from '../register.js';
import { kernelsOn, newTensor, newZeros, pointer, type WasmBackend, withWork } from '../wasm-heap.js';

/** What wasm.as.ts exports; numbers before `rows` are pointers. */
interface LayerNormKernels {
  normalise(
    ...args: [
      x: number,
      y: number,
      weight: number,
      bias: number,
      statistics: number,
      rows: number,
      channels: number,
      eps: number,
    ]
  ): void;
  differentiate(
    ...args: [
      x: number,
      dy: number,
      weight: number,
      statistics: number,
      dx: number,
      dWeight: number,
      dBias: number,
      rows: number,
      channels: number,
      work: number,
    ]
  ): void;
}

/** Registers layer normalisation over the last axis and its gradient for tfjs-backend-wasm. */
export function registerWasmLayerNorm(): void {
  replaceKernel({
    kernelName: 'LayerNorm',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) =>
      runForward(backend as unknown as WasmBackend, inputs, attrs?.eps as number),
  });
  replaceKernel({
    kernelName: 'LayerNormGrad',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend }) => runBackward(backend as unknown as WasmBackend, inputs),
  });
}

function runForward(backend: WasmBackend, inputs: NamedTensorInfoMap, eps: number): TensorInfo[] {
  const x = input(inputs, 'x');
  const { rows, channels } = rowsOf(x);
  const y = newTensor(backend, x.shape);
  const statistics = newTensor(backend, [rows, 2]);
  const at = (tensor: TensorInfo) => pointer(backend, tensor);
  const [weight, bias] = [at(input(inputs, 'weight')), at(input(inputs, 'bias'))];
  const kernels = kernelsOn<LayerNormKernels>(backend, 'layer-norm');
  kernels.normalise(at(x), at(y), weight, bias, at(statistics), rows, channels, eps);
  return [y, statistics];
}

function runBackward(backend: WasmBackend, inputs: NamedTensorInfoMap): TensorInfo[] {
  const x = input(inputs, 'x');
  const { rows, channels } = rowsOf(x);
  const dx = newTensor(backend, x.shape);
  const dWeight = newZeros(backend, [channels]);
  const dBias = newZeros(backend, [channels]);
  const given = ['x', 'dy', 'weight', 'statistics'].map((name) => input(inputs, name));
  const pointers = [...given, dx, dWeight, dBias].map((tensor) => pointer(backend, tensor));
  const kernels = kernelsOn<LayerNormKernels>(backend, 'layer-norm');
  withWork(backend, 8 * channels, (work) =>
    kernels.differentiate(
      ...(pointers as [number, number, number, number, number, number, number]),
      rows,
      channels,
      work,
    ),
  );
  return [dx, dWeight, dBias];
}

function rowsOf(x: TensorInfo): { rows: number; channels: number } {
  return { rows: sizeOf(x.shape.slice(0, -1)), channels: x.shape.at(-1)! };
}
