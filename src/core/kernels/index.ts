import { registerWasmChannelNorms } from './channel-norm/wasm.js';
import { registerWebgpuChannelNorms } from './channel-norm/webgpu.js';
import { registerWasmConvolutionGradients } from './convolution/wasm.js';
import { registerWasmDepthwise } from './depthwise/wasm.js';
import type { EngineName } from './engine-name.js';
import { registerWasmGroupedLinear } from './grouped-linear/wasm.js';
import { registerWasmLayerNorm } from './layer-norm/wasm.js';
import { registerWebgpuLayerNorm } from './layer-norm/webgpu.js';
import { registerWasmLinear } from './linear/wasm.js';
import { registerWasmMatmul } from './matmul/wasm.js';
import { registerWasmReductions } from './reduce/wasm.js';
import { registerSelectiveScan } from './selective-scan/index.js';
import { registerWasmSilu } from './silu/wasm.js';
import { registerWebgpuSilu } from './silu/webgpu.js';
import { registerWasmCopies } from './tensor-copies/wasm.js';

const registered = new Set<EngineName>();

/** Registers this package's kernels for one backend; call it once its backend is ready. Calling again is free. */
export function registerKernels(engine: EngineName): void {
  if (registered.has(engine)) return;
  registered.add(engine);
  registerSelectiveScan(engine);
  if (engine === 'wasm') {
    registerWasmMatmul();
    registerWasmLinear();
    registerWasmGroupedLinear();
    registerWasmDepthwise();
    registerWasmConvolutionGradients();
    registerWasmChannelNorms();
    registerWasmLayerNorm();
    registerWasmSilu();
    registerWasmReductions();
    registerWasmCopies();
  }
  if (engine === 'webgpu') {
    registerWebgpuChannelNorms();
    registerWebgpuLayerNorm();
    registerWebgpuSilu();
  }
}
