import type { GraphBuilder } from '../../export/onnx/graph-builder.js';
import { broadcastShape } from '../broadcast-shape.js';
import { OnnxValue } from './onnx-value.js';

/** Batched product over the last two axes. */
export function matMul(
  graph: GraphBuilder,
  x: OnnxValue,
  y: OnnxValue,
  transposeX: boolean,
  transposeY: boolean,
): OnnxValue {
  const left = transposeX ? swapLastAxes(graph, x) : x;
  const right = transposeY ? swapLastAxes(graph, y) : y;
  const leading = broadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const shape = [...leading, left.shape.at(-2)!, right.shape.at(-1)!];
  return OnnxValue.of(graph, shape, graph.node('MatMul', [left.name(), right.name()]));
}

function swapLastAxes(graph: GraphBuilder, x: OnnxValue): OnnxValue {
  const perm = x.shape.map((_, axis) => axis);
  perm.splice(-2, 2, x.rank - 1, x.rank - 2);
  const shape = perm.map((axis) => x.shape[axis]!);
  return OnnxValue.of(graph, shape, x.permuted(perm));
}

/** `x [...,I] · weight [I,O] + bias`; a map that is held channels-first stays so, as a 1×1 convolution. */
export function linear(graph: GraphBuilder, x: OnnxValue, weight: OnnxValue, bias?: OnnxValue): OnnxValue {
  const [inner, outer] = weight.shape as [number, number];
  const shape = [...x.shape.slice(0, -1), outer];
  if (x.preferred === 'channelsFirst' && weight.data) {
    const kernel = OnnxValue.constant(graph, [1, 1, inner, outer], weight.data).permuted([3, 2, 0, 1]);
    const inputs = [x.name('channelsFirst'), kernel, ...(bias ? [bias.name()] : [])];
    return OnnxValue.of(graph, shape, graph.node('Conv', inputs), 'channelsFirst');
  }
  const product = graph.node('MatMul', [x.name(), weight.name()]);
  return OnnxValue.of(graph, shape, bias ? graph.node('Add', [product, bias.name()]) : product);
}

/** `x [B,L,K,I] · weight [K,I,O]`: group by group, and left so. */
export function groupedLinear(graph: GraphBuilder, x: OnnxValue, weight: OnnxValue): OnnxValue {
  if (x.rank !== 4) throw new Error(`groupedLinear of a value with ${x.rank} axes`);
  const shape = [...x.shape.slice(0, -1), weight.shape[2]!];
  const product = graph.node('MatMul', [x.name('groupsFirst'), weight.name()]);
  return OnnxValue.of(graph, shape, product, 'groupsFirst');
}
