import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import { sizeOf } from '../../tensor.js';
import { input, replaceKernel } from '../register.js';
import { kernelsOn, newTensor, pointer, type WasmBackend } from '../wasm-heap.js';

/** What wasm.as.ts exports: pointers, and strides in floats. */
interface CopyKernels {
  copyRows(from: number, fromStride: number, to: number, toStride: number, rows: number, width: number): void;
}

/** The backend counts who uses a tensor's memory. */
interface CountingBackend {
  incRef(dataId: object): void;
}

/**
 * Replaces the kernels of tfjs-backend-wasm that move values about: a clone or a cast to the same type is the same
 * memory once more, and cutting or joining along one axis copies rows in WebAssembly. Its own kernels copy every clone,
 * of which the gradient tape makes several for each operation. They go on where these do not fit.
 */
export function registerWasmCopies(): void {
  replace('Identity', ({ inputs, backend }, original) => {
    const x = input(inputs, 'x');
    return x.dtype === 'string' ? original() : sameMemory(backend as CountingBackend, x);
  });
  replace('Cast', ({ inputs, attrs, backend }, original) => {
    const x = input(inputs, 'x');
    return x.dtype === attrs?.dtype && x.dtype !== 'string'
      ? sameMemory(backend as CountingBackend, x)
      : original();
  });
  replace('Slice', ({ inputs, attrs, backend }, original) => {
    const x = input(inputs, 'x');
    const { begin, size } = attrs as unknown as { begin: number | number[]; size: number | number[] };
    const [begins, sizes] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
    const cuts = x.shape.flatMap((side, axis) => (sizes[axis] === side ? [] : [axis]));
    if (x.dtype !== 'float32' || cuts.length !== 1 || sizeOf(sizes) === 0) return original();
    return cut(backend as WasmBackend, x, cuts[0]!, begins[cuts[0]!]!, sizes[cuts[0]!]!);
  });
  replace('SplitV', ({ inputs, attrs, backend }, original) => {
    const x = input(inputs, 'x');
    const { numOrSizeSplits, axis } = attrs as unknown as {
      numOrSizeSplits: number | number[];
      axis: number;
    };
    const along = axis < 0 ? axis + x.shape.length : axis;
    const sizes = splitSizes(x.shape[along]!, numOrSizeSplits);
    if (x.dtype !== 'float32' || sizeOf(x.shape) === 0 || sizes === undefined) return original();
    let begin = 0;
    return sizes.map((size) => {
      begin += size;
      return cut(backend as WasmBackend, x, along, begin - size, size);
    });
  });
  replace('Concat', ({ inputs, attrs, backend }, original) => {
    const parts = Object.values(inputs) as TensorInfo[];
    const axis = tf.util.parseAxisParam(attrs?.axis as number, parts[0]!.shape)[0]!;
    const plain = parts.every(({ dtype, shape }) => dtype === 'float32' && sizeOf(shape) > 0);
    return plain && parts.length > 1 ? join(backend as WasmBackend, parts, axis) : original();
  });
}

type Call = Parameters<KernelFunc>[0];

function replace(
  kernelName: string,
  run: (call: Call, original: () => TensorInfo | TensorInfo[]) => TensorInfo | TensorInfo[],
): void {
  const original = tf.getKernel(kernelName, 'wasm');
  replaceKernel({ ...original, kernelFunc: (call) => run(call, () => original.kernelFunc(call)) });
}

/** A second tensor on the same memory, which is freed with the last of them. */
function sameMemory(backend: CountingBackend, { dataId, dtype, shape }: TensorInfo): TensorInfo {
  backend.incRef(dataId);
  return { dataId, dtype, shape: [...shape] };
}

/** The given stretch of one axis. */
function cut(backend: WasmBackend, x: TensorInfo, axis: number, begin: number, size: number): TensorInfo {
  const inner = sizeOf(x.shape.slice(axis + 1));
  const rows = sizeOf(x.shape.slice(0, axis));
  const stride = x.shape[axis]! * inner;
  const y = newTensor(backend, x.shape.with(axis, size));
  const from = pointer(backend, x) + 4 * begin * inner;
  copies(backend).copyRows(from, stride, pointer(backend, y), size * inner, rows, size * inner);
  return y;
}

function join(backend: WasmBackend, parts: readonly TensorInfo[], axis: number): TensorInfo {
  const { shape } = parts[0]!;
  const total = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  const inner = sizeOf(shape.slice(axis + 1));
  const y = newTensor(backend, shape.with(axis, total));
  let to = pointer(backend, y);
  for (const part of parts) {
    const width = part.shape[axis]! * inner;
    const rows = sizeOf(shape.slice(0, axis));
    copies(backend).copyRows(pointer(backend, part), width, to, total * inner, rows, width);
    to += 4 * width;
  }
  return y;
}

function copies(backend: WasmBackend): CopyKernels {
  return kernelsOn<CopyKernels>(backend, 'tensor-copies');
}

/** Sizes of the parts; undefined where tfjs has to infer or refuse one. */
function splitSizes(whole: number, split: number | readonly number[]): number[] | undefined {
  if (typeof split === 'number') {
    return whole % split === 0 ? new Array<number>(split).fill(whole / split) : undefined;
  }
  const plain = split.every((size) => size > 0) && split.reduce((sum, size) => sum + size, 0) === whole;
  return plain ? [...split] : undefined;
}
