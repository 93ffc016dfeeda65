import { float } from '../../export/onnx/attributes.js';
import type { GraphBuilder } from '../../export/onnx/graph-builder.js';
import type { BatchNormWeights } from '../ops.js';
import { OnnxValue } from './onnx-value.js';

export function layerNorm(
  graph: GraphBuilder,
  x: OnnxValue,
  weight: OnnxValue,
  bias: OnnxValue,
  eps: number,
): OnnxValue {
  const name = graph.node('LayerNormalization', [x.name(), weight.name(), bias.name()], {
    attributes: { axis: -1, epsilon: float(eps) },
  });
  return OnnxValue.of(graph, x.shape, name);
}

export function instanceNorm(graph: GraphBuilder, x: OnnxValue, eps: number): OnnxValue {
  const channels = x.shape.at(-1)!;
  const ones = graph.floats(new Float32Array(channels).fill(1), [channels], 'ones');
  const zeros = graph.floats(new Float32Array(channels), [channels], 'zeros');
  const name = graph.node('InstanceNormalization', [x.name('channelsFirst'), ones, zeros], {
    attributes: { epsilon: float(eps) },
  });
  return OnnxValue.of(graph, x.shape, name, 'channelsFirst');
}

/** Running statistics. On a map this is the operator that runtimes fold into the convolution before it. */
export function batchNorm(
  graph: GraphBuilder,
  x: OnnxValue,
  { weight, bias, mean, variance }: BatchNormWeights<OnnxValue>,
  eps: number,
): OnnxValue {
  const held = x.rank === 4 ? 'channelsFirst' : 'logical';
  if (x.rank !== 4 && x.rank !== 2) throw new Error(`batchNorm of a value with ${x.rank} axes`);
  const inputs = [x.name(held), ...[weight, bias, mean, variance].map((value) => value.name())];
  const name = graph.node('BatchNormalization', inputs, { attributes: { epsilon: float(eps) } });
  return OnnxValue.of(graph, x.shape, name, held);
}
