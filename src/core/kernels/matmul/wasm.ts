import type { TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import { input, replaceKernel } from '../register.js';
import { newTensor, pointer, type WasmBackend } from '../wasm-heap.js';
import { matrixSides, multiply, type Product } from './gemm.js';

/**
 * Replaces the matrix product of tfjs-backend-wasm, which falls to a naive loop when an operand is transposed: every
 * gradient of a linear layer has one.
 */
export function registerWasmMatmul(): void {
  replaceKernel({
    kernelName: 'BatchMatMul',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
      const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
      return batchMatMul(backend as unknown as WasmBackend, a, b, transposeA, transposeB);
    },
  });
}

function batchMatMul(
  backend: WasmBackend,
  a: TensorInfo,
  b: TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
): TensorInfo {
  if (a.dtype !== 'float32' || b.dtype !== 'float32') {
    throw new Error(`matMul on wasm takes float32, not ${a.dtype} and ${b.dtype}.`);
  }
  const [sidesA, sidesB] = [matrixSides(a), matrixSides(b)];
  const m = transposeA ? sidesA.columns : sidesA.rows;
  const k = transposeA ? sidesA.rows : sidesA.columns;
  const n = transposeB ? sidesB.rows : sidesB.columns;
  const leadingA = a.shape.slice(0, -2);
  const leadingB = b.shape.slice(0, -2);
  const leading = tf.broadcast_util.assertAndGetBroadcastShape(leadingA, leadingB);
  const out = newTensor(backend, [...leading, m, n]);
  const count = tf.util.sizeFromShape(leading);
  const one = (indexA: number, indexB: number, indexC: number, rows: number): Product => ({
    m: rows,
    n,
    k,
    a: { pointer: pointer(backend, a) + indexA * m * k * 4, stride: sidesA.columns, transposed: transposeA },
    b: { pointer: pointer(backend, b) + indexB * k * n * 4, stride: sidesB.columns, transposed: transposeB },
    c: { pointer: pointer(backend, out) + indexC * m * n * 4, stride: n },
  });
  if (out.shape.includes(0)) return out;
  if (!transposeA && tf.util.sizeFromShape(leadingB) === 1 && tf.util.sizeFromShape(leadingA) === count) {
    // One matrix for the whole batch: its rows are the rows of one tall product.
    multiply(backend, [one(0, 0, 0, m * count)]);
  } else {
    const [indexA, indexB] = [broadcastIndex(leadingA, leading), broadcastIndex(leadingB, leading)];
    multiply(
      backend,
      Array.from({ length: count }, (_, i) => one(indexA(i), indexB(i), i, m)),
    );
  }
  return out;
}

/** Which item of a stack of shape `from` belongs to item i of the broadcast stack. */
function broadcastIndex(from: number[], to: number[]): (i: number) => number {
  const padded = [...new Array(to.length - from.length).fill(1), ...from] as number[];
  return (i) => {
    let index = 0;
    let stride = 1;
    let rest = i;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const at = rest % to[axis]!;
      rest = Math.floor(rest / to[axis]!);
      if (padded[axis] !== 1) index += at * stride;
      stride *= padded[axis]!;
    }
    return index;
  };
}
