import { attribute, GraphDefBuilder } from '../../export/tfjs/graph-def.js';
import type { GraphOps } from '../graph-ops.js';
import type { BatchNormWeights, ConvOptions, SelectiveScanArgs } from '../ops.js';
import { avgPool, conv2d, convTranspose2d, depthwise, maxPool, resizeBilinear } from './convolution.js';
import { binary, unary, withScalar } from './element-wise.js';
import { GraphValue } from './graph-value.js';
import { groupedLinear, linear, matMul } from './matrix.js';
import { batchNorm, instanceNorm, layerNorm } from './normalisation.js';
import { selectiveScan } from './selective-scan.js';
import { concat, reduce, reshape, split, topMean, transpose } from './shapes.js';

/**
 * Writes a network down as a TensorFlow graph, as TensorFlow.js loads it: operations that every backend of it has, for
 * evaluation; the batch side stays open.
 */
export class GraphModelOps implements GraphOps<GraphValue> {
  constructor(readonly graph = new GraphDefBuilder()) {}

  input(name: string, shape: readonly number[]): GraphValue {
    return GraphValue.of(this.graph, shape, this.graph.input(name, shape));
  }

  /** TensorFlow.js has no bytes: they come as whole numbers, as `tf.browser.fromPixels` gives them. */
  byteInput(name: string, shape: readonly number[]): GraphValue {
    const bytes = this.graph.input(name, shape, 'DT_INT32');
    const floats = this.graph.node('Cast', [bytes], {
      SrcT: attribute.type('DT_INT32'),
      DstT: attribute.type('DT_FLOAT'),
    });
    return GraphValue.of(this.graph, shape, floats);
  }

  output(name: string, x: GraphValue): void {
    this.graph.output(name, x.name, x.shape);
  }

  shapeOf(x: GraphValue): number[] {
    return [...x.shape];
  }

  constant(values: Float32Array, shape: readonly number[]): GraphValue {
    return GraphValue.constant(this.graph, shape, values);
  }

  scope<R extends GraphValue | GraphValue[]>(body: () => R): R {
    return body();
  }

  add(x: GraphValue, y: GraphValue): GraphValue {
    return binary(this.graph, 'AddV2', x, y);
  }

  sub(x: GraphValue, y: GraphValue): GraphValue {
    return binary(this.graph, 'Sub', x, y);
  }

  mul(x: GraphValue, y: GraphValue): GraphValue {
    return binary(this.graph, 'Mul', x, y);
  }

  div(x: GraphValue, y: GraphValue): GraphValue {
    return binary(this.graph, 'RealDiv', x, y);
  }

  scale(x: GraphValue, factor: number): GraphValue {
    return withScalar(this.graph, 'Mul', x, factor);
  }

  shift(x: GraphValue, offset: number): GraphValue {
    return withScalar(this.graph, 'AddV2', x, offset);
  }

  maximum(x: GraphValue, floor: number): GraphValue {
    return withScalar(this.graph, 'Maximum', x, floor);
  }

  exp(x: GraphValue): GraphValue {
    return unary(this.graph, 'Exp', x);
  }

  sqrt(x: GraphValue): GraphValue {
    return unary(this.graph, 'Sqrt', x);
  }

  square(x: GraphValue): GraphValue {
    return this.mul(x, x);
  }

  relu(x: GraphValue): GraphValue {
    return unary(this.graph, 'Relu', x);
  }

  sigmoid(x: GraphValue): GraphValue {
    return unary(this.graph, 'Sigmoid', x);
  }

  silu(x: GraphValue): GraphValue {
    return this.mul(x, this.sigmoid(x));
  }

  siluGate(x: GraphValue, z: GraphValue): GraphValue {
    return this.mul(x, this.silu(z));
  }

  softmax(x: GraphValue): GraphValue {
    return GraphValue.of(this.graph, x.shape, this.graph.node('Softmax', [x.name]));
  }

  matMul(x: GraphValue, y: GraphValue, transposeX = false, transposeY = false): GraphValue {
    return matMul(this.graph, x, y, transposeX, transposeY);
  }

  linear(x: GraphValue, weight: GraphValue, bias?: GraphValue): GraphValue {
    return linear(this.graph, x, weight, bias);
  }

  groupedLinear(x: GraphValue, weight: GraphValue): GraphValue {
    return groupedLinear(this.graph, x, weight);
  }

  conv2d(x: GraphValue, weight: GraphValue, options: ConvOptions<GraphValue> = {}): GraphValue {
    return conv2d(this.graph, x, weight, options);
  }

  convTranspose2d(x: GraphValue, weight: GraphValue, { stride }: { stride: number }): GraphValue {
    return convTranspose2d(this.graph, x, weight, stride);
  }

  depthwise(x: GraphValue, weight: GraphValue, options: ConvOptions<GraphValue> = {}): GraphValue {
    return depthwise(this.graph, x, weight, options);
  }

  maxPool(x: GraphValue, options: { size: number; stride: number; pad: number }): GraphValue {
    return maxPool(this.graph, x, options);
  }

  avgPool(x: GraphValue, options: { size: number; stride: number; pad: number }): GraphValue {
    return avgPool(this.graph, x, options);
  }

  layerNorm(x: GraphValue, weight: GraphValue, bias: GraphValue, eps: number): GraphValue {
    return layerNorm(this.graph, x, weight, bias, eps);
  }

  instanceNorm(x: GraphValue, eps: number): GraphValue {
    return instanceNorm(this.graph, x, eps);
  }

  instanceNormSilu(x: GraphValue, eps: number): GraphValue {
    return this.silu(this.instanceNorm(x, eps));
  }

  batchNorm(x: GraphValue, weights: BatchNormWeights<GraphValue>, eps: number): GraphValue {
    return batchNorm(this.graph, x, weights, eps);
  }

  dropPath(x: GraphValue): GraphValue {
    return x;
  }

  dropout(x: GraphValue): GraphValue {
    return x;
  }

  addNoise(x: GraphValue): GraphValue {
    return x;
  }

  reshape(x: GraphValue, shape: readonly number[]): GraphValue {
    return reshape(this.graph, x, shape);
  }

  transpose(x: GraphValue, permutation: readonly number[]): GraphValue {
    return transpose(this.graph, x, permutation);
  }

  concat(xs: readonly GraphValue[], axis: number): GraphValue {
    return concat(this.graph, xs, axis);
  }

  split(x: GraphValue, sizes: readonly number[], axis: number): GraphValue[] {
    return split(this.graph, x, sizes, axis);
  }

  sum(x: GraphValue, axes: readonly number[], keepDims = false): GraphValue {
    return reduce(this.graph, 'Sum', x, axes, keepDims);
  }

  mean(x: GraphValue, axes: readonly number[], keepDims = false): GraphValue {
    return reduce(this.graph, 'Mean', x, axes, keepDims);
  }

  max(x: GraphValue, axes: readonly number[], keepDims = false): GraphValue {
    return reduce(this.graph, 'Max', x, axes, keepDims);
  }

  topMean(x: GraphValue, count: number): GraphValue {
    return topMean(this.graph, x, count);
  }

  resizeBilinear(x: GraphValue, size: readonly [number, number]): GraphValue {
    return resizeBilinear(this.graph, x, size);
  }

  selectiveScan(args: SelectiveScanArgs<GraphValue>): GraphValue {
    return selectiveScan(this.graph, args);
  }
}
