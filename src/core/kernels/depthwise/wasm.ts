import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import { input, replaceKernel } from '../register.js';
import { kernelsOn, newTensor, newZeros, pointer, type WasmBackend } from '../wasm-heap.js';

/** What wasm.as.ts exports; pointers in, pointers out. */
interface DepthwiseKernels {
  configure(
    ...sizes: [
      b: number,
      h: number,
      w: number,
      p: number,
      q: number,
      c: number,
      k: number,
      s: number,
      top: number,
      left: number,
    ]
  ): void;
  forward(x: number, filter: number, y: number): void;
  inputGradient(dy: number, filter: number, dx: number): void;
  scatterInputGradient(dy: number, filter: number, dx: number): void;
  filterGradient(x: number, dy: number, dfilter: number): void;
}

type Shape4 = [number, number, number, number];

/**
 * Registers depth-wise convolution and the two gradients that tfjs-backend-wasm lacks, for filters `[k,k,C,1]` without
 * dilation, in place on its memory.
 */
export function registerWasmDepthwise(): void {
  const backendName = 'wasm';
  replaceKernel({
    kernelName: 'DepthwiseConv2dNative',
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const [x, filter] = [input(inputs, 'x'), input(inputs, 'filter')];
      const on = prepare(backend as unknown as WasmBackend, x.shape as Shape4, filter.shape as Shape4, attrs);
      const y = newTensor(on.backend, on.outShape);
      on.kernels.forward(on.at(x), on.at(filter), on.at(y));
      return y;
    },
  });
  replaceKernel({
    kernelName: 'DepthwiseConv2dNativeBackpropInput',
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const [dy, filter] = [input(inputs, 'dy'), input(inputs, 'filter')];
      const shape = attrs!.inputShape as Shape4;
      const on = prepare(backend as unknown as WasmBackend, shape, filter.shape as Shape4, attrs);
      const dx = on.stride === 1 ? newTensor(on.backend, shape) : newZeros(on.backend, shape);
      const run = on.stride === 1 ? on.kernels.inputGradient : on.kernels.scatterInputGradient;
      run(on.at(dy), on.at(filter), on.at(dx));
      return dx;
    },
  });
  replaceKernel({
    kernelName: 'DepthwiseConv2dNativeBackpropFilter',
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const [x, dy] = [input(inputs, 'x'), input(inputs, 'dy')];
      const shape = attrs!.filterShape as Shape4;
      const on = prepare(backend as unknown as WasmBackend, x.shape as Shape4, shape, attrs);
      const dfilter = newZeros(on.backend, shape);
      on.kernels.filterGradient(on.at(x), on.at(dy), on.at(dfilter));
      return dfilter;
    },
  });
}

function prepare(backend: WasmBackend, x: Shape4, filter: Shape4, attrs: NamedAttrMap | undefined) {
  const { strides, pad, dilations, dimRoundingMode } = attrs as unknown as {
    strides: [number, number] | number;
    pad: 'valid' | 'same' | number;
    dilations?: [number, number] | number;
    dimRoundingMode?: 'floor' | 'round' | 'ceil';
  };
  const info = tf.backend_util.computeConv2DInfo(
    x,
    filter,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    true,
  );
  if (
    filter[3] !== 1 ||
    info.dilationHeight !== 1 ||
    info.strideHeight !== info.strideWidth ||
    filter[0] !== filter[1]
  ) {
    throw new Error(
      `depth-wise convolution of filter [${filter}] with these strides or dilations is not supported`,
    );
  }
  const kernels = kernelsOn<DepthwiseKernels>(backend, 'depthwise');
  const { batchSize, inHeight, inWidth, outHeight, outWidth, inChannels, strideHeight, padInfo } = info;
  kernels.configure(
    batchSize,
    inHeight,
    inWidth,
    outHeight,
    outWidth,
    inChannels,
    filter[0],
    strideHeight,
    padInfo.top,
    padInfo.left,
  );
  return {
    backend,
    kernels,
    stride: strideHeight,
    outShape: info.outShape,
    at: (tensor: TensorInfo) => pointer(backend, tensor),
  };
}
