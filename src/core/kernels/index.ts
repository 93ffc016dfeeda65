import { registerWasmConvolutionGradients } from './convolution/wasm.js';
import { registerWasmDepthwise } from './depthwise/wasm.js';
import type { EngineName } from './engine-name.js';
import { registerWasmMatmul } from './matmul/wasm.js';
import { registerSelectiveScan } from './selective-scan/index.js';

const registered = new Set<EngineName>();

/** Registers this package's kernels for one backend; call it once its backend is ready. Calling again is free. */
export function registerKernels(engine: EngineName): void {
  if (registered.has(engine)) return;
  registered.add(engine);
  registerSelectiveScan(engine);
  if (engine === 'wasm') {
    registerWasmMatmul();
    registerWasmDepthwise();
    registerWasmConvolutionGradients();
  }
}
