import type { TensorInfo } from '@tensorflow/tfjs';
import type { WasmBackend } from './wasm-heap.js';

const pageBytes = 65_536;

/** Memory below this is left alone: address 0 reads as "nowhere" to the kernels. */
const start = pageBytes;

/** The largest memory a 32-bit module can have. */
const mostPages = 65_536;

/**
 * Memory of its own for the WebAssembly kernels, so that they can serve a backend that has none: what they need is
 * copied in, their results are copied out, and then everything is forgotten at once.
 */
export class WasmIsland implements WasmBackend {
  private readonly memory = new WebAssembly.Memory({ initial: 1, maximum: mostPages });
  private readonly offsets = new Map<object, { memoryOffset: number }>();
  private end = start;

  readonly wasm = {
    asm: { memory: this.memory },
    _malloc: (bytes: number) => this.allocate(bytes),
    _free: () => {}, // forgotten with everything else
  };
  readonly dataIdMap = { get: (dataId: object) => this.offsets.get(dataId)! };

  makeOutput(shape: number[], dtype: 'float32' | 'int32'): TensorInfo {
    const dataId = {};
    const bytes = 4 * shape.reduce((product, side) => product * side, 1);
    this.offsets.set(dataId, { memoryOffset: this.allocate(bytes) });
    return { dataId, shape, dtype };
  }

  /** Copies values in. */
  place(values: Float32Array | Int32Array, shape: number[]): TensorInfo {
    const tensor = this.makeOutput(shape, values instanceof Int32Array ? 'int32' : 'float32');
    const { memoryOffset } = this.dataIdMap.get(tensor.dataId);
    const View = values instanceof Int32Array ? Int32Array : Float32Array;
    new View(this.memory.buffer, memoryOffset, values.length).set(values);
    return tensor;
  }

  /** Copies the values of a float32 tensor out. */
  take({ dataId, shape }: TensorInfo): Float32Array {
    const size = shape.reduce((product, side) => product * side, 1);
    return new Float32Array(this.memory.buffer, this.dataIdMap.get(dataId).memoryOffset, size).slice();
  }

  /** Forgets all tensors. */
  clear(): void {
    this.offsets.clear();
    this.end = start;
  }

  private allocate(bytes: number): number {
    const at = this.end;
    this.end = Math.ceil((at + bytes) / 64) * 64;
    const missing = this.end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / pageBytes));
    return at;
  }
}
