import { sizeOf } from '../tensor.js';
import type { BatchNormWeights, ConvOptions, Ops, SelectiveScanArgs } from './ops.js';

type Shape = readonly number[];

/** What one image costs, by sort of operation. */
export interface Operations {
  /** Convolutions, linear maps and matrix products. */
  products: number;
  /** Normalisations as fvcore counts them: five a number with an affine part, four without, two for a batch norm. */
  norms: number;
  /** Selective scans, which fvcore leaves out: nine floating-point operations a state and step (VMamba). */
  scans: number;
}

/**
 * Computes only the shapes of a network and counts its operations, as the published tables do: with those of the batch
 * norms that this package folds into convolutions.
 */
export class CountOps implements Ops<Shape> {
  readonly operations: Operations = { products: 0, norms: 0, scans: 0 };

  /** @param normalised weights behind which the publication has a batch norm */
  constructor(private readonly normalised: ReadonlySet<Shape> = new Set()) {}

  shapeOf(x: Shape): number[] {
    return [...x];
  }

  constant(_: Float32Array, shape: Shape): Shape {
    return shape;
  }

  scope<R extends Shape | Shape[]>(body: () => R): R {
    return body();
  }

  add = broadcast;
  sub = broadcast;
  mul = broadcast;
  div = broadcast;
  siluGate = broadcast;
  scale = same;
  shift = same;
  maximum = same;
  exp = same;
  sqrt = same;
  square = same;
  relu = same;
  sigmoid = same;
  silu = same;
  softmax = same;
  dropPath = same;
  dropout = same;
  addNoise = same;

  matMul(x: Shape, y: Shape, transposeX = false, transposeY = false): Shape {
    const [rows, inner] = transposeX ? [x.at(-1)!, x.at(-2)!] : [x.at(-2)!, x.at(-1)!];
    const columns = transposeY ? y.at(-2)! : y.at(-1)!;
    const result = [...broadcast(x.slice(0, -2), y.slice(0, -2)), rows, columns];
    this.operations.products += sizeOf(result) * inner;
    return result;
  }

  linear(x: Shape, weight: Shape): Shape {
    return this.product([...x.slice(0, -1), weight[1]!], weight[0]!);
  }

  groupedLinear(x: Shape, weight: Shape): Shape {
    return this.product([...x.slice(0, -1), weight[2]!], weight[1]!);
  }

  conv2d(x: Shape, weight: Shape, options: ConvOptions<Shape> = {}): Shape {
    const [kh, kw, inner, outer] = weight as [number, number, number, number];
    return this.convolution(window(x, [kh, kw], outer, options), kh * kw * inner, weight);
  }

  convTranspose2d(x: Shape, weight: Shape, { stride }: { stride: number }): Shape {
    const [batch, height, width] = x as [number, number, number];
    const [kh, kw, outer] = weight as [number, number, number];
    this.operations.products += sizeOf(x) * kh * kw * outer;
    return [batch, (height - 1) * stride + kh, (width - 1) * stride + kw, outer];
  }

  depthwise(x: Shape, weight: Shape, options: ConvOptions<Shape> = {}): Shape {
    const [size] = weight as [number];
    const pad = (size - 1) / 2;
    return this.convolution(window(x, [size, size], x.at(-1)!, { pad, ...options }), size * size, weight);
  }

  maxPool(x: Shape, { size, stride, pad }: { size: number; stride: number; pad: number }): Shape {
    return window(x, [size, size], x.at(-1)!, { stride, pad });
  }

  avgPool(x: Shape, options: { size: number; stride: number; pad: number }): Shape {
    return this.maxPool(x, options);
  }

  layerNorm(x: Shape): Shape {
    return this.norm(x, 5);
  }

  instanceNorm(x: Shape): Shape {
    return this.norm(x, 4);
  }

  instanceNormSilu(x: Shape): Shape {
    return this.norm(x, 4);
  }

  batchNorm(x: Shape, _: BatchNormWeights<Shape>): Shape {
    return this.norm(x, 2);
  }

  reshape(x: Shape, shape: Shape): Shape {
    const known = shape.reduce((size, side) => (side === -1 ? size : size * side), 1);
    return shape.map((side) => (side === -1 ? sizeOf(x) / known : side));
  }

  transpose(x: Shape, permutation: Shape): Shape {
    return permutation.map((axis) => x[axis]!);
  }

  concat(xs: readonly Shape[], axis: number): Shape {
    const total = xs.reduce((sum, x) => sum + x[axis]!, 0);
    return xs[0]!.map((side, i) => (i === axis ? total : side));
  }

  split(x: Shape, sizes: Shape, axis: number): Shape[] {
    return sizes.map((size) => x.map((side, i) => (i === axis ? size : side)));
  }

  sum(x: Shape, axes: Shape, keepDims = false): Shape {
    return x.flatMap((side, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [side]));
  }

  mean(x: Shape, axes: Shape, keepDims = false): Shape {
    return this.sum(x, axes, keepDims);
  }

  max(x: Shape, axes: Shape, keepDims = false): Shape {
    return this.sum(x, axes, keepDims);
  }

  topMean(x: Shape): Shape {
    return x.slice(0, -1);
  }

  resizeBilinear(x: Shape, [height, width]: readonly [number, number]): Shape {
    return [x[0]!, height, width, x[3]!];
  }

  selectiveScan({ u, a }: SelectiveScanArgs<Shape>): Shape {
    const [batch, length] = u as [number, number];
    this.operations.scans += 9 * batch * length * sizeOf(a);
    return u;
  }

  private convolution(result: Shape, terms: number, weight: Shape): Shape {
    if (this.normalised.has(weight)) this.norm(result, 2);
    return this.product(result, terms);
  }

  private product(result: Shape, terms: number): Shape {
    this.operations.products += sizeOf(result) * terms;
    return result;
  }

  private norm(x: Shape, perNumber: number): Shape {
    this.operations.norms += perNumber * sizeOf(x);
    return x;
  }
}

function same(x: Shape): Shape {
  return x;
}

function broadcast(x: Shape, y: Shape): Shape {
  const rank = Math.max(x.length, y.length);
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(x[x.length - rank + axis] ?? 1, y[y.length - rank + axis] ?? 1),
  );
}

function window(
  x: Shape,
  [kh, kw]: readonly [number, number],
  outer: number,
  { stride = 1, pad = 0 }: Pick<ConvOptions<Shape>, 'stride' | 'pad'>,
): Shape {
  const [batch, height, width] = x as [number, number, number];
  const side = (length: number, kernel: number) => Math.floor((length + 2 * pad - kernel) / stride) + 1;
  return [batch, side(height, kh), side(width, kw), outer];
}
