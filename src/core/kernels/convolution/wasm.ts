import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import { input, replaceKernel } from '../register.js';
import { kernelsOn, newTensor, newZeros, pointer, type WasmBackend } from '../wasm-heap.js';

/** What wasm.as.ts exports; pointers in, pointers out. */
interface PatchKernels {
  configure(
    ...sizes: [
      b: number,
      h: number,
      w: number,
      p: number,
      q: number,
      c: number,
      k: number,
      l: number,
      s: number,
      top: number,
      left: number,
    ]
  ): void;
  patchesOf(x: number, patches: number): void;
  addPatches(patches: number, dx: number): void;
}

type Shape4 = [number, number, number, number];
type Backend = WasmBackend & { disposeData(dataId: object): void };

/**
 * Registers the gradients of a convolution on tfjs-backend-wasm, which has none for the filter: patch matrices in place
 * on its memory, and its matrix product.
 */
export function registerWasmConvolutionGradients(): void {
  const backendName = 'wasm';
  replaceKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const [x, dy] = [input(inputs, 'x'), input(inputs, 'dy')];
      const filter = attrs!.filterShape as Shape4;
      const on = prepare(backend as unknown as Backend, x.shape as Shape4, filter, attrs);
      const patches = newTensor(on.backend, [on.pixels, on.taps]);
      on.kernels.patchesOf(pointer(on.backend, x), pointer(on.backend, patches));
      // dW [k·l·C, O] = patchesᵀ · dy
      const product = multiply(on.backend, patches, reshaped(dy, [on.pixels, filter[3]]), true, false);
      on.backend.disposeData(patches.dataId);
      return reshaped(product, filter);
    },
  });
  replaceKernel({
    kernelName: 'Conv2DBackpropInput',
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const [dy, filter] = [input(inputs, 'dy'), input(inputs, 'filter')];
      const shape = attrs!.inputShape as Shape4;
      const on = prepare(backend as unknown as Backend, shape, filter.shape as Shape4, attrs);
      // patches [B·P·Q, k·l·C] = dy · Wᵀ
      const outer = filter.shape[3]!;
      const patches = multiply(
        on.backend,
        reshaped(dy, [on.pixels, outer]),
        reshaped(filter, [on.taps, outer]),
        false,
        true,
      );
      const dx = newZeros(on.backend, shape);
      on.kernels.addPatches(pointer(on.backend, patches), pointer(on.backend, dx));
      on.backend.disposeData(patches.dataId);
      return dx;
    },
  });
}

/** The same data under another shape. */
function reshaped(tensor: TensorInfo, shape: number[]): TensorInfo {
  return { ...tensor, dataId: tensor.dataId, dtype: tensor.dtype, shape };
}

function multiply(
  backend: Backend,
  a: TensorInfo,
  b: TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
): TensorInfo {
  const kernel = tf.getKernel('BatchMatMul', 'wasm')!;
  const batched = (matrix: TensorInfo) => reshaped(matrix, [1, ...matrix.shape]);
  const product = kernel.kernelFunc({
    inputs: { a: batched(a), b: batched(b) },
    attrs: { transposeA, transposeB },
    backend,
  }) as TensorInfo;
  return reshaped(product, product.shape.slice(1));
}

function prepare(backend: Backend, x: Shape4, filter: Shape4, attrs: NamedAttrMap | undefined) {
  const { strides, pad, dataFormat, dimRoundingMode } = attrs as unknown as {
    strides: [number, number] | number;
    pad: 'valid' | 'same' | number;
    dataFormat?: 'NHWC' | 'NCHW';
    dimRoundingMode?: 'floor' | 'round' | 'ceil';
  };
  const info = tf.backend_util.computeConv2DInfo(x, filter, strides, 1, pad, dimRoundingMode);
  if ((dataFormat ?? 'NHWC') !== 'NHWC' || info.strideHeight !== info.strideWidth) {
    throw new Error(`a convolution gradient with strides ${strides} in ${dataFormat} is not supported`);
  }
  const kernels = kernelsOn<PatchKernels>(backend, 'convolution');
  const { batchSize, inHeight, inWidth, outHeight, outWidth, inChannels, strideHeight, padInfo } = info;
  kernels.configure(
    batchSize,
    inHeight,
    inWidth,
    outHeight,
    outWidth,
    inChannels,
    filter[0],
    filter[1],
    strideHeight,
    padInfo.top,
    padInfo.left,
  );
  return {
    backend,
    kernels,
    pixels: batchSize * outHeight * outWidth,
    taps: filter[0] * filter[1] * inChannels,
  };
}
