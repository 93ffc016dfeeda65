import type { NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import { input, replaceKernel } from '../register.js';
import { kernelsOn, newTensor, newZeros, pointer, type WasmBackend, withWork } from '../wasm-heap.js';
import { scanSizes } from './host.js';
import type { ScanSizes } from './reference.js';
import type { ScanKernels } from './scan-kernels.js';

/** Registers the SIMD scan, which works in place on the memory of tfjs-backend-wasm. */
export function registerWasmScan(): void {
  replaceKernel({
    kernelName: 'SelectiveScan',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const training = attrs?.training === true;
      return runForward(backend as unknown as WasmBackend, inputs, scanSizes(inputs, attrs), training);
    },
  });
  replaceKernel({
    kernelName: 'SelectiveScanGrad',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) =>
      runBackward(backend as unknown as WasmBackend, inputs, scanSizes(inputs, attrs)),
  });
}

function runForward(
  backend: WasmBackend,
  inputs: NamedTensorInfoMap,
  sizes: ScanSizes,
  training: boolean,
): TensorInfo[] {
  const { batch, length, channels } = sizes;
  const kernels = prepare(backend, inputs, sizes);
  const y = newZeros(backend, [batch, length, channels]);
  const states = training ? newTensor(backend, checkpointShape(kernels, sizes)) : undefined;
  withWork(backend, kernels.forwardWork(), (work) => {
    for (let image = 0; image < batch; image++) {
      bindImage(backend, kernels, inputs, image);
      const checkpoints = states ? rowOf(backend, states, image) : 0;
      kernels.forward(rowOf(backend, y, image), 0, channels, work, checkpoints);
    }
  });
  return states ? [y, states] : [y];
}

function runBackward(backend: WasmBackend, inputs: NamedTensorInfoMap, sizes: ScanSizes): TensorInfo[] {
  const kernels = prepare(backend, inputs, sizes);
  const names = ['u', 'delta', 'b', 'c', 'a', 'd', 'deltaBias'];
  // The gradient of delta is written, the others are added to.
  const fresh = (name: string) => (name === 'delta' ? newTensor : newZeros);
  const grads = names.map((name) => fresh(name)(backend, input(inputs, name).shape));
  const [du, dDelta, db, dc] = grads as [TensorInfo, TensorInfo, TensorInfo, TensorInfo];
  const [da, dd, dBias] = grads.slice(4).map((grad) => pointer(backend, grad)) as [number, number, number];
  withWork(backend, kernels.backwardWork(), (work) => {
    for (let image = 0; image < sizes.batch; image++) {
      const at = (tensor: TensorInfo) => rowOf(backend, tensor, image);
      bindImage(backend, kernels, inputs, image);
      kernels.bindGradients(at(input(inputs, 'dy')), at(du), at(dDelta), at(db), at(dc), da, dd, dBias);
      kernels.backward(0, sizes.channels, work, at(input(inputs, 'states')));
    }
  });
  return grads;
}

function prepare(backend: WasmBackend, inputs: NamedTensorInfoMap, sizes: ScanSizes): ScanKernels {
  const kernels = kernelsOn<ScanKernels>(backend, 'selective-scan');
  kernels.configure(sizes.length, sizes.channels, sizes.states, sizes.directions, sizes.segment);
  const at = (name: string) => pointer(backend, input(inputs, name));
  kernels.bindParameters(at('a'), at('d'), at('deltaBias'), at('order'));
  return kernels;
}

function bindImage(
  backend: WasmBackend,
  kernels: ScanKernels,
  inputs: NamedTensorInfoMap,
  image: number,
): void {
  const at = (name: string) => rowOf(backend, input(inputs, name), image);
  kernels.bindImage(at('u'), at('delta'), at('b'), at('c'));
}

/** States at the start of every tile, in whole blocks of four channels. */
function checkpointShape(kernels: ScanKernels, { batch, directions, channels, states }: ScanSizes): number[] {
  return [batch, directions, kernels.tilesPerPath(), Math.ceil(channels / 4), states, 4];
}

/** Where item `index` of the first axis lies. */
function rowOf(backend: WasmBackend, tensor: TensorInfo, index: number): number {
  const size = tensor.shape.slice(1).reduce((product, side) => product * side, 1);
  return pointer(backend, tensor) + index * size * 4;
}
