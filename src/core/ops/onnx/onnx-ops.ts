import { GraphBuilder } from '../../export/onnx/graph-builder.js';
import { ElementType } from '../../export/onnx/messages.js';
import type { GraphOps } from '../graph-ops.js';
import type { BatchNormWeights, ConvOptions, SelectiveScanArgs } from '../ops.js';
import { conv2d, convTranspose2d, depthwise, pool, resizeBilinear } from './convolution.js';
import { binary, silu, unary, withScalar } from './element-wise.js';
import { groupedLinear, linear, matMul } from './matrix.js';
import { batchNorm, instanceNorm, layerNorm } from './normalisation.js';
import { OnnxValue } from './onnx-value.js';
import { selectiveScan } from './selective-scan.js';
import { concat, reduce, reshape, split, topMean, transpose } from './shapes.js';

/** Writes a network down as an ONNX graph of standard operators, for evaluation; the batch side stays open. */
export class OnnxOps implements GraphOps<OnnxValue> {
  constructor(readonly graph = new GraphBuilder()) {}

  /** A float input; -1 in `shape` is the batch. */
  input(name: string, shape: readonly number[]): OnnxValue {
    return OnnxValue.of(this.graph, shape, this.graph.input(name, shape));
  }

  /** A picture of bytes `[B,H,W,C]`, seen by the network as floats 0…255. */
  byteInput(name: string, shape: readonly number[]): OnnxValue {
    const bytes = this.graph.input(name, shape, ElementType.uint8);
    // Channels first while they are bytes: a quarter of the memory, and three channels last broadcast slowly.
    const planes = this.graph.node('Transpose', [bytes], { attributes: { perm: [0, 3, 1, 2] } });
    const floats = this.graph.node('Cast', [planes], { attributes: { to: ElementType.float32 } });
    return OnnxValue.of(this.graph, shape, floats, 'channelsFirst');
  }

  output(name: string, x: OnnxValue): void {
    this.graph.output(name, x.name(), x.shape);
  }

  shapeOf(x: OnnxValue): number[] {
    return [...x.shape];
  }

  constant(values: Float32Array, shape: readonly number[]): OnnxValue {
    return OnnxValue.constant(this.graph, shape, values);
  }

  scope<R extends OnnxValue | OnnxValue[]>(body: () => R): R {
    return body();
  }

  add(x: OnnxValue, y: OnnxValue): OnnxValue {
    return binary(this.graph, 'Add', x, y);
  }

  sub(x: OnnxValue, y: OnnxValue): OnnxValue {
    return binary(this.graph, 'Sub', x, y);
  }

  mul(x: OnnxValue, y: OnnxValue): OnnxValue {
    return binary(this.graph, 'Mul', x, y);
  }

  div(x: OnnxValue, y: OnnxValue): OnnxValue {
    return binary(this.graph, 'Div', x, y);
  }

  scale(x: OnnxValue, factor: number): OnnxValue {
    return withScalar(this.graph, 'Mul', x, factor);
  }

  shift(x: OnnxValue, offset: number): OnnxValue {
    return withScalar(this.graph, 'Add', x, offset);
  }

  maximum(x: OnnxValue, floor: number): OnnxValue {
    return withScalar(this.graph, 'Max', x, floor);
  }

  exp(x: OnnxValue): OnnxValue {
    return unary(this.graph, 'Exp', x);
  }

  sqrt(x: OnnxValue): OnnxValue {
    return unary(this.graph, 'Sqrt', x);
  }

  square(x: OnnxValue): OnnxValue {
    return this.mul(x, x);
  }

  relu(x: OnnxValue): OnnxValue {
    return unary(this.graph, 'Relu', x);
  }

  sigmoid(x: OnnxValue): OnnxValue {
    return unary(this.graph, 'Sigmoid', x);
  }

  silu(x: OnnxValue): OnnxValue {
    return silu(this.graph, x);
  }

  siluGate(x: OnnxValue, z: OnnxValue): OnnxValue {
    return this.mul(x, this.silu(z));
  }

  softmax(x: OnnxValue): OnnxValue {
    return OnnxValue.of(this.graph, x.shape, this.graph.node('Softmax', [x.name()]));
  }

  matMul(x: OnnxValue, y: OnnxValue, transposeX = false, transposeY = false): OnnxValue {
    return matMul(this.graph, x, y, transposeX, transposeY);
  }

  linear(x: OnnxValue, weight: OnnxValue, bias?: OnnxValue): OnnxValue {
    return linear(this.graph, x, weight, bias);
  }

  groupedLinear(x: OnnxValue, weight: OnnxValue): OnnxValue {
    return groupedLinear(this.graph, x, weight);
  }

  conv2d(x: OnnxValue, weight: OnnxValue, options: ConvOptions<OnnxValue> = {}): OnnxValue {
    return conv2d(this.graph, x, weight, options);
  }

  convTranspose2d(x: OnnxValue, weight: OnnxValue, { stride }: { stride: number }): OnnxValue {
    return convTranspose2d(this.graph, x, weight, stride);
  }

  depthwise(x: OnnxValue, weight: OnnxValue, options: ConvOptions<OnnxValue> = {}): OnnxValue {
    return depthwise(this.graph, x, weight, options);
  }

  maxPool(x: OnnxValue, options: { size: number; stride: number; pad: number }): OnnxValue {
    return pool(this.graph, 'MaxPool', x, options);
  }

  avgPool(x: OnnxValue, options: { size: number; stride: number; pad: number }): OnnxValue {
    return pool(this.graph, 'AveragePool', x, options);
  }

  layerNorm(x: OnnxValue, weight: OnnxValue, bias: OnnxValue, eps: number): OnnxValue {
    return layerNorm(this.graph, x, weight, bias, eps);
  }

  instanceNorm(x: OnnxValue, eps: number): OnnxValue {
    return instanceNorm(this.graph, x, eps);
  }

  instanceNormSilu(x: OnnxValue, eps: number): OnnxValue {
    return silu(this.graph, instanceNorm(this.graph, x, eps));
  }

  batchNorm(x: OnnxValue, weights: BatchNormWeights<OnnxValue>, eps: number): OnnxValue {
    return batchNorm(this.graph, x, weights, eps);
  }

  dropPath(x: OnnxValue): OnnxValue {
    return x;
  }

  dropout(x: OnnxValue): OnnxValue {
    return x;
  }

  addNoise(x: OnnxValue): OnnxValue {
    return x;
  }

  reshape(x: OnnxValue, shape: readonly number[]): OnnxValue {
    return reshape(this.graph, x, shape);
  }

  transpose(x: OnnxValue, permutation: readonly number[]): OnnxValue {
    return transpose(this.graph, x, permutation);
  }

  concat(xs: readonly OnnxValue[], axis: number): OnnxValue {
    return concat(this.graph, xs, axis);
  }

  split(x: OnnxValue, sizes: readonly number[], axis: number): OnnxValue[] {
    return split(this.graph, x, sizes, axis);
  }

  sum(x: OnnxValue, axes: readonly number[], keepDims = false): OnnxValue {
    return reduce(this.graph, 'ReduceSum', x, axes, keepDims);
  }

  mean(x: OnnxValue, axes: readonly number[], keepDims = false): OnnxValue {
    return reduce(this.graph, 'ReduceMean', x, axes, keepDims);
  }

  max(x: OnnxValue, axes: readonly number[], keepDims = false): OnnxValue {
    return reduce(this.graph, 'ReduceMax', x, axes, keepDims);
  }

  topMean(x: OnnxValue, count: number): OnnxValue {
    return topMean(this.graph, x, count);
  }

  resizeBilinear(x: OnnxValue, size: readonly [number, number]): OnnxValue {
    return resizeBilinear(this.graph, x, size);
  }

  selectiveScan(args: SelectiveScanArgs<OnnxValue>): OnnxValue {
    return selectiveScan(this.graph, args);
  }
}
