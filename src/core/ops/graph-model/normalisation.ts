import { attribute, type GraphDefBuilder } from '../../export/tfjs/graph-def.js';
import type { BatchNormWeights } from '../ops.js';
import { GraphValue } from './graph-value.js';

/** Over the last axis. */
export function layerNorm(
  graph: GraphDefBuilder,
  x: GraphValue,
  weight: GraphValue,
  bias: GraphValue,
  eps: number,
): GraphValue {
  const scaled = graph.node('Mul', [standardised(graph, x.name, [x.rank - 1], eps), weight.name]);
  return GraphValue.of(graph, x.shape, graph.node('AddV2', [scaled, bias.name]));
}

/** Over height and width. */
export function instanceNorm(graph: GraphDefBuilder, x: GraphValue, eps: number): GraphValue {
  return GraphValue.of(graph, x.shape, standardised(graph, x.name, [1, 2], eps));
}

/** Running statistics, which are known: one factor and one summand a channel. */
export function batchNorm(
  graph: GraphDefBuilder,
  x: GraphValue,
  weights: BatchNormWeights<GraphValue>,
  eps: number,
): GraphValue {
  const [mean, variance, weight, bias] = [weights.mean, weights.variance, weights.weight, weights.bias].map(
    numbers,
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const gain = weight.map((w, c) => w / Math.sqrt(variance[c]! + eps));
  const offset = bias.map((b, c) => b - mean[c]! * gain[c]!);
  const scaled = graph.node('Mul', [x.name, graph.floats(gain, [gain.length])]);
  return GraphValue.of(graph, x.shape, graph.node('AddV2', [scaled, graph.floats(offset, [offset.length])]));
}

function standardised(graph: GraphDefBuilder, x: string, axes: readonly number[], eps: number): string {
  const mean = (value: string) =>
    graph.node('Mean', [value, graph.integers(axes)], { keep_dims: attribute.flag(true) });
  const centred = graph.node('Sub', [x, mean(x)]);
  const variance = mean(graph.node('Mul', [centred, centred]));
  const deviation = graph.node('Sqrt', [graph.node('AddV2', [variance, graph.scalar(eps)])]);
  return graph.node('RealDiv', [centred, deviation]);
}

function numbers({ data }: GraphValue): Float32Array {
  if (!data) throw new Error('the statistics of a batch normalisation must be constants');
  return data;
}
