import type { GraphBuilder } from '../../export/onnx/graph-builder.js';
import { commonLayout } from './element-wise.js';
import { type Held, heldAxes, OnnxValue } from './onnx-value.js';

/** Where an axis lies in a value that is held so. */
function heldAxis(axis: number, rank: number, held: Held): number {
  const positive = axis < 0 ? axis + rank : axis;
  const axes: readonly number[] = heldAxes[held];
  return held === 'logical' ? positive : axes.indexOf(positive);
}

export function reshape(graph: GraphBuilder, x: OnnxValue, shape: readonly number[]): OnnxValue {
  if (x.data && !shape.includes(-1)) return OnnxValue.constant(graph, shape, x.data);
  return OnnxValue.of(graph, shape, graph.node('Reshape', [x.name(), graph.integers(shape)]));
}

export function transpose(graph: GraphBuilder, x: OnnxValue, permutation: readonly number[]): OnnxValue {
  const shape = permutation.map((axis) => x.shape[axis]!);
  return OnnxValue.of(graph, shape, x.permuted(permutation));
}

export function concat(graph: GraphBuilder, xs: readonly OnnxValue[], axis: number): OnnxValue {
  const rank = xs[0]!.rank;
  const held = commonLayout(xs, rank);
  const along = axis < 0 ? axis + rank : axis;
  const shape = [...xs[0]!.shape];
  shape[along] = xs.reduce((sum, x) => sum + x.shape[along]!, 0);
  const name = graph.node(
    'Concat',
    xs.map((x) => x.name(held)),
    { attributes: { axis: heldAxis(along, rank, held) } },
  );
  return OnnxValue.of(graph, shape, name, held);
}

export function split(
  graph: GraphBuilder,
  x: OnnxValue,
  sizes: readonly number[],
  axis: number,
): OnnxValue[] {
  const held = x.preferred;
  const along = axis < 0 ? axis + x.rank : axis;
  const names = graph.nodeWithOutputs('Split', [x.name(held), graph.integers(sizes)], sizes.length, {
    attributes: { axis: heldAxis(along, x.rank, held) },
  });
  return sizes.map((size, i) => {
    const shape = [...x.shape];
    shape[along] = size;
    return OnnxValue.of(graph, shape, names[i]!, held);
  });
}

/** Sum, mean or maximum over some axes. */
export function reduce(
  graph: GraphBuilder,
  opType: 'ReduceSum' | 'ReduceMean' | 'ReduceMax',
  x: OnnxValue,
  axes: readonly number[],
  keepDims: boolean,
): OnnxValue {
  const reduced = new Set(axes.map((axis) => (axis < 0 ? axis + x.rank : axis)));
  const held = reducibleLayout(x, reduced, keepDims);
  const along = [...reduced].map((axis) => heldAxis(axis, x.rank, held)).sort();
  const shape = x.shape.map((side, axis) => (reduced.has(axis) ? 1 : side));
  const kept = keepDims ? shape : shape.filter((_, axis) => !reduced.has(axis));
  // Until opset 18 only ReduceSum takes its axes as an input.
  const name =
    opType === 'ReduceSum'
      ? graph.node(opType, [x.name(held), graph.integers(along)], {
          attributes: { keepdims: Number(keepDims) },
        })
      : graph.node(opType, [x.name(held)], { attributes: { axes: along, keepdims: Number(keepDims) } });
  return OnnxValue.of(graph, kept, name, keepDims ? held : 'logical');
}

/** Any layout will do, unless dropping axes would leave the others in another order. */
function reducibleLayout(x: OnnxValue, reduced: ReadonlySet<number>, keepDims: boolean): Held {
  const left = heldAxes[x.preferred].filter((axis) => !reduced.has(axis));
  const sorted = left.every((axis, i) => i === 0 || axis > left[i - 1]!);
  return x.rank === 4 && !keepDims && !sorted ? 'logical' : x.preferred;
}

/** Mean of the largest numbers of each row. */
export function topMean(graph: GraphBuilder, x: OnnxValue, count: number): OnnxValue {
  const [largest] = graph.nodeWithOutputs('TopK', [x.name(), graph.integers([count])], 2, {
    attributes: { axis: -1, sorted: 0 },
  });
  return reduce(graph, 'ReduceMean', OnnxValue.of(graph, [x.shape[0]!, count], largest!), [1], false);
}
