import { attribute, type GraphDefBuilder } from '../../export/tfjs/graph-def.js';
import { GraphValue } from './graph-value.js';

export function reshape(graph: GraphDefBuilder, x: GraphValue, shape: readonly number[]): GraphValue {
  if (x.data && !shape.includes(-1)) return GraphValue.constant(graph, shape, x.data);
  return GraphValue.of(graph, shape, graph.node('Reshape', [x.name, graph.integers(shape)]));
}

export function transpose(graph: GraphDefBuilder, x: GraphValue, permutation: readonly number[]): GraphValue {
  const shape = permutation.map((axis) => x.shape[axis]!);
  return GraphValue.of(graph, shape, graph.node('Transpose', [x.name, graph.integers(permutation)]));
}

export function concat(graph: GraphDefBuilder, xs: readonly GraphValue[], axis: number): GraphValue {
  const along = axis < 0 ? axis + xs[0]!.rank : axis;
  const shape = [...xs[0]!.shape];
  shape[along] = xs.reduce((sum, x) => sum + x.shape[along]!, 0);
  const inputs = [...xs.map((x) => x.name), graph.axis(along)];
  const name = graph.node('ConcatV2', inputs, { N: attribute.integer(xs.length) });
  return GraphValue.of(graph, shape, name);
}

export function split(
  graph: GraphDefBuilder,
  x: GraphValue,
  sizes: readonly number[],
  axis: number,
): GraphValue[] {
  const along = axis < 0 ? axis + x.rank : axis;
  const inputs = [x.name, graph.integers(sizes), graph.axis(along)];
  const name = graph.node('SplitV', inputs, { num_split: attribute.integer(sizes.length) });
  return sizes.map((size, i) => {
    const shape = x.shape.map((side, a) => (a === along ? size : side));
    return GraphValue.of(graph, shape, i === 0 ? name : `${name}:${i}`);
  });
}

/** Sum, mean or maximum over some axes. */
export function reduce(
  graph: GraphDefBuilder,
  op: 'Sum' | 'Mean' | 'Max',
  x: GraphValue,
  axes: readonly number[],
  keepDims: boolean,
): GraphValue {
  const along = axes.map((axis) => (axis < 0 ? axis + x.rank : axis));
  const reduced = x.shape.map((side, axis) => (along.includes(axis) ? 1 : side));
  const shape = keepDims ? reduced : x.shape.filter((_, axis) => !along.includes(axis));
  const name = graph.node(op, [x.name, graph.integers(along)], { keep_dims: attribute.flag(keepDims) });
  return GraphValue.of(graph, shape, name);
}

/** Mean of the largest numbers of each row. */
export function topMean(graph: GraphDefBuilder, x: GraphValue, count: number): GraphValue {
  const largest = graph.node('TopKV2', [x.name, graph.axis(count)], { sorted: attribute.flag(false) });
  return reduce(graph, 'Mean', GraphValue.of(graph, [x.shape[0]!, count], largest), [1], false);
}
