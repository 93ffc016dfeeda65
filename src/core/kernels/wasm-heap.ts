import type { TensorInfo } from '@tensorflow/tfjs';
import { type KernelRoom, kernelModule } from './wasm-module.js';

/** The part of tfjs-backend-wasm that kernels working in place on its memory need. */
export interface WasmBackend {
  readonly wasm: {
    /** The exports of the Emscripten module; not in the published types. */
    readonly asm: { readonly memory: WebAssembly.Memory };
    _malloc(bytes: number): number;
    _free(pointer: number): void;
  };
  readonly dataIdMap: { get(dataId: object): { memoryOffset: number } };
  makeOutput(shape: number[], dtype: 'float32' | 'int32'): TensorInfo;
}

const instances = new WeakMap<object, Map<KernelRoom, WebAssembly.Exports>>();

/** The kernels of a room, instantiated once on a backend's own memory. `E` is what its `wasm.as.ts` exports. */
export function kernelsOn<E>(backend: WasmBackend, room: KernelRoom): E {
  let ofBackend = instances.get(backend);
  if (!ofBackend) {
    ofBackend = new Map();
    instances.set(backend, ofBackend);
  }
  let exports = ofBackend.get(room);
  if (!exports) {
    exports = new WebAssembly.Instance(kernelModule(room), { env: { memory: backend.wasm.asm.memory } })
      .exports;
    ofBackend.set(room, exports);
  }
  return exports as E;
}

/** Where a tensor's values lie. Pointers stay valid when the memory grows; views of the memory do not. */
export function pointer(backend: WasmBackend, tensor: TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset;
}

/** A new float32 tensor with undefined values. */
export function newTensor(backend: WasmBackend, shape: readonly number[]): TensorInfo {
  const tensor = backend.makeOutput([...shape], 'float32');
  // tfjs does not look at what its allocator says.
  if (pointer(backend, tensor) === 0) {
    throw new Error(`WebAssembly memory is full: there is no room for a tensor of [${shape}].`);
  }
  return tensor;
}

/** A new float32 tensor of zeros. */
export function newZeros(backend: WasmBackend, shape: readonly number[]): TensorInfo {
  const tensor = newTensor(backend, shape);
  const size = shape.reduce((product, side) => product * side, 1);
  new Float32Array(backend.wasm.asm.memory.buffer, pointer(backend, tensor), size).fill(0);
  return tensor;
}

/** Runs `use` with that many bytes of work memory. */
export function withWork<R>(backend: WasmBackend, bytes: number, use: (pointer: number) => R): R {
  const at = backend.wasm._malloc(bytes) >>> 0;
  if (at === 0) throw new Error(`WebAssembly memory is full: ${bytes} bytes of work memory were refused.`);
  try {
    return use(at);
  } finally {
    backend.wasm._free(at);
  }
}
