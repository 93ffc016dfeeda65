import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import { sizeOf } from '../../tensor.js';
import { input, replaceKernel } from '../register.js';
import { kernelsOn, newTensor, pointer, type WasmBackend } from '../wasm-heap.js';

/** What wasm.as.ts exports; x and y are pointers. */
interface ReduceKernels {
  sumRows(x: number, y: number, rows: number, columns: number, factor: number): void;
  sumColumns(x: number, y: number, rows: number, columns: number, factor: number): void;
}

/**
 * Replaces sum and mean of tfjs-backend-wasm, which transposes before it sums over leading axes, where the axes are all
 * the first or all the last ones of a float32 tensor; elsewhere its own kernels go on.
 */
export function registerWasmReductions(): void {
  replaceReduction('Sum', () => 1);
  replaceReduction('Mean', (terms) => 1 / terms);
}

function replaceReduction(kernelName: string, factor: (terms: number) => number): void {
  const original = tf.getKernel(kernelName, 'wasm');
  replaceKernel({
    ...original,
    kernelName,
    backendName: 'wasm',
    kernelFunc: (call) => {
      const x = input(call.inputs, 'x');
      const { axis, keepDims } = call.attrs as { axis: number | number[]; keepDims: boolean };
      const axes = tf.util.parseAxisParam(axis, x.shape);
      const plan = reductionPlan(x, axes);
      if (plan === undefined) return original.kernelFunc(call);
      const backend = call.backend as unknown as WasmBackend;
      const shape = x.shape.flatMap((side, i) => (axes.includes(i) ? (keepDims ? [1] : []) : [side]));
      const y = newTensor(backend, shape);
      const kernels = kernelsOn<ReduceKernels>(backend, 'reduce');
      const { rows, columns, along } = plan;
      const by = factor(along === 'rows' ? rows : columns);
      const sum = along === 'rows' ? kernels.sumRows : kernels.sumColumns;
      sum(pointer(backend, x), pointer(backend, y), rows, columns, by);
      return y;
    },
  } satisfies KernelConfig);
}

interface ReductionPlan {
  rows: number;
  columns: number;
  /** What is summed over. */
  along: 'rows' | 'columns';
}

/** How a reduction is one over the rows or the columns of a matrix; undefined when it is neither. */
function reductionPlan(x: TensorInfo, axes: readonly number[]): ReductionPlan | undefined {
  const rank = x.shape.length;
  const reduced = new Set(axes);
  if (x.dtype !== 'float32' || reduced.size === 0) return undefined;
  const isLast = [...reduced].every((axis) => axis >= rank - reduced.size);
  if (isLast) {
    const cut = rank - reduced.size;
    return { rows: sizeOf(x.shape.slice(0, cut)), columns: sizeOf(x.shape.slice(cut)), along: 'columns' };
  }
  const isFirst = [...reduced].every((axis) => axis < reduced.size);
  if (!isFirst) return undefined;
  const cut = reduced.size;
  return { rows: sizeOf(x.shape.slice(0, cut)), columns: sizeOf(x.shape.slice(cut)), along: 'rows' };
}
