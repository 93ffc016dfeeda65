import type { NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import { sizeOf } from '../../tensor.js';
import { input, replaceKernel } from '../register.js';
import { kernelsOn, newTensor, newZeros, pointer, type WasmBackend, withWork } from '../wasm-heap.js';

/** What wasm.as.ts exports; numbers named after tensors are pointers. */
interface ChannelNormKernels {
  configure(pixels: number, channels: number, statistics: number, weight: number, bias: number): void;
  measure(x: number, eps: number): void;
  normalise(x: number, y: number, activation: number): void;
  differentiate(x: number, dy: number, dx: number, dWeight: number, dBias: number, activation: number): void;
}

/** The numbers that wasm.as.ts knows the activations by. */
const activations = { none: 0, silu: 1, relu: 2 } as const;
export type Activation = keyof typeof activations;

interface NormAttributes {
  eps: number;
  activation: Activation;
}

/** Registers instance and batch normalisation, with activation and gradients, for tfjs-backend-wasm. */
export function registerWasmChannelNorms(): void {
  register('InstanceNorm', instanceNorm);
  register('InstanceNormGrad', instanceNormGradient);
  register('BatchNormTraining', batchNorm);
  register('BatchNormTrainingGrad', batchNormGradient);
}

function register(
  kernelName: string,
  run: (backend: WasmBackend, inputs: NamedTensorInfoMap, attributes: NormAttributes) => TensorInfo[],
): void {
  replaceKernel({
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) =>
      run(backend as unknown as WasmBackend, inputs, attrs as unknown as NormAttributes),
  });
}

/** `x [B,H,W,C]` → y, and mean, variance and 1 / standard deviation as `[B,3,C]`. */
function instanceNorm(
  backend: WasmBackend,
  inputs: NamedTensorInfoMap,
  { eps, activation }: NormAttributes,
): TensorInfo[] {
  const x = input(inputs, 'x');
  const y = newTensor(backend, x.shape);
  const statistics = newTensor(backend, [x.shape[0]!, 3, x.shape.at(-1)!]);
  eachImage(backend, x, statistics, (kernels, offset) => {
    kernels.measure(pointer(backend, x) + offset, eps);
    kernels.normalise(pointer(backend, x) + offset, pointer(backend, y) + offset, activations[activation]);
  });
  return [y, statistics];
}

function instanceNormGradient(
  backend: WasmBackend,
  inputs: NamedTensorInfoMap,
  { activation }: NormAttributes,
): TensorInfo[] {
  const x = input(inputs, 'x');
  const dx = newTensor(backend, x.shape);
  const channels = x.shape.at(-1)!;
  const at = (tensor: TensorInfo) => pointer(backend, tensor);
  const [from, dy, to] = [at(x), at(input(inputs, 'dy')), at(dx)];
  withWork(backend, 8 * channels, (sums) =>
    eachImage(backend, x, input(inputs, 'statistics'), (kernels, offset) => {
      floats(backend, sums, 2 * channels).fill(0);
      const biasSums = sums + 4 * channels;
      kernels.differentiate(from + offset, dy + offset, to + offset, sums, biasSums, activations[activation]);
    }),
  );
  return [dx];
}

/** Prepares the kernels for one image after the other, without scale and shift. */
function eachImage(
  backend: WasmBackend,
  x: TensorInfo,
  statistics: TensorInfo,
  run: (kernels: ChannelNormKernels, offset: number) => void,
): void {
  const kernels = kernelsOn<ChannelNormKernels>(backend, 'channel-norm');
  const channels = x.shape.at(-1)!;
  const pixels = sizeOf(x.shape.slice(1, -1));
  withWork(backend, 8 * channels, (weight) => {
    floats(backend, weight, channels).fill(1);
    const bias = weight + 4 * channels;
    floats(backend, bias, channels).fill(0);
    for (let image = 0; image < x.shape[0]!; image++) {
      const own = pointer(backend, statistics) + 12 * channels * image;
      kernels.configure(pixels, channels, own, weight, bias);
      run(kernels, 4 * image * pixels * channels);
    }
  });
}

/** `x [...,C]`, weight and bias `[C]` → y, and mean, biased variance and 1 / standard deviation as `[3,C]`. */
function batchNorm(
  backend: WasmBackend,
  inputs: NamedTensorInfoMap,
  { eps, activation }: NormAttributes,
): TensorInfo[] {
  const x = input(inputs, 'x');
  const y = newTensor(backend, x.shape);
  const statistics = newTensor(backend, [3, x.shape.at(-1)!]);
  const kernels = wholeBatch(backend, inputs, statistics);
  kernels.measure(pointer(backend, x), eps);
  kernels.normalise(pointer(backend, x), pointer(backend, y), activations[activation]);
  return [y, statistics];
}

function batchNormGradient(
  backend: WasmBackend,
  inputs: NamedTensorInfoMap,
  { activation }: NormAttributes,
): TensorInfo[] {
  const x = input(inputs, 'x');
  const channels = x.shape.at(-1)!;
  const dx = newTensor(backend, x.shape);
  const dWeight = newZeros(backend, [channels]);
  const dBias = newZeros(backend, [channels]);
  const kernels = wholeBatch(backend, inputs, input(inputs, 'statistics'));
  const at = (tensor: TensorInfo) => pointer(backend, tensor);
  const dy = at(input(inputs, 'dy'));
  kernels.differentiate(at(x), dy, at(dx), at(dWeight), at(dBias), activations[activation]);
  return [dx, dWeight, dBias];
}

function wholeBatch(
  backend: WasmBackend,
  inputs: NamedTensorInfoMap,
  statistics: TensorInfo,
): ChannelNormKernels {
  const { shape } = input(inputs, 'x');
  const kernels = kernelsOn<ChannelNormKernels>(backend, 'channel-norm');
  const at = (tensor: TensorInfo) => pointer(backend, tensor);
  const [weight, bias] = [at(input(inputs, 'weight')), at(input(inputs, 'bias'))];
  kernels.configure(sizeOf(shape.slice(0, -1)), shape.at(-1)!, at(statistics), weight, bias);
  return kernels;
}

function floats(backend: WasmBackend, at: number, size: number): Float32Array {
  return new Float32Array(backend.wasm.asm.memory.buffer, at, size);
}
