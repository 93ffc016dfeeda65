import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import { replaceKernel } from '../register.js';
import { WasmIsland } from '../wasm-island.js';
import { registerComposedScan } from './composed.js';
import { registerWasmScan } from './wasm.js';

/** A backend whose tensors can be read at once. */
interface HostBackend {
  readSync(dataId: object): Float32Array | Int32Array;
  write(values: Float32Array, shape: number[], dtype: 'float32'): object;
}

/**
 * Registers the scan for libtensorflow: on CUDA out of its own operations, so that nothing leaves the device; on the
 * processor our WebAssembly kernel, which is faster by far and worth the copies.
 */
export function registerTensorflowScan(): void {
  const backend = tf.findBackend('tensorflow') as unknown as { isUsingGpuDevice: boolean };
  if (backend.isUsingGpuDevice) registerComposedScan('tensorflow');
  else registerIslandScan('tensorflow');
}

/** Serves a backend of the processor with the WebAssembly scan, on memory of its own. */
export function registerIslandScan(backendName: string): void {
  registerWasmScan();
  const island = new WasmIsland();
  for (const kernelName of ['SelectiveScan', 'SelectiveScanGrad']) {
    replaceKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) =>
        runOnIsland(island, kernelName, inputs, attrs, backend as unknown as HostBackend),
    });
  }
}

function runOnIsland(
  island: WasmIsland,
  kernelName: string,
  inputs: NamedTensorInfoMap,
  attrs: NamedAttrMap | undefined,
  backend: HostBackend,
): TensorInfo[] {
  try {
    const placed = Object.entries(inputs).map(([name, tensor]) => [
      name,
      island.place(backend.readSync(tensor!.dataId), tensor!.shape),
    ]);
    const { kernelFunc } = tf.getKernel(kernelName, 'wasm')!;
    const results = kernelFunc({ inputs: Object.fromEntries(placed), attrs, backend: island });
    return [results].flat().map((result) => {
      const { shape } = result;
      return { dataId: backend.write(island.take(result), shape, 'float32'), shape, dtype: 'float32' };
    });
  } finally {
    island.clear();
  }
}
