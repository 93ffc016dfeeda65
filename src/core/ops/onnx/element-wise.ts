import type { GraphBuilder } from '../../export/onnx/graph-builder.js';
import { broadcastShape } from '../broadcast-shape.js';
import { onNumbers } from '../on-numbers.js';
import { type Held, OnnxValue } from './onnx-value.js';

/** One operand, any layout. */
export function unary(
  graph: GraphBuilder,
  opType: 'Exp' | 'Sqrt' | 'Relu' | 'Sigmoid',
  x: OnnxValue,
): OnnxValue {
  const compute = onNumbers[opType];
  if (x.data)
    return OnnxValue.constant(
      graph,
      x.shape,
      x.data.map((v) => compute(v)),
    );
  const held = x.preferred;
  return OnnxValue.of(graph, x.shape, graph.node(opType, [x.name(held)]), held);
}

/** One operand and a number. */
export function withScalar(
  graph: GraphBuilder,
  opType: 'Mul' | 'Add' | 'Max',
  x: OnnxValue,
  scalar: number,
): OnnxValue {
  const compute = onNumbers[opType];
  if (x.data)
    return OnnxValue.constant(
      graph,
      x.shape,
      x.data.map((v) => compute(v, scalar)),
    );
  const held = x.preferred;
  return OnnxValue.of(graph, x.shape, graph.node(opType, [x.name(held), graph.scalar(scalar)]), held);
}

/** Two operands under NumPy's broadcasting rule, in the layout that needs the fewer transposes. */
export function binary(graph: GraphBuilder, opType: string, x: OnnxValue, y: OnnxValue): OnnxValue {
  const shape = broadcastShape(x.shape, y.shape);
  const held = commonLayout([x, y], shape.length);
  return OnnxValue.of(graph, shape, graph.node(opType, [x.name(held), y.name(held)]), held);
}

/** `x · sigmoid(x)`, which onnxruntime fuses into one pass. */
export function silu(graph: GraphBuilder, x: OnnxValue): OnnxValue {
  return binary(graph, 'Mul', x, unary(graph, 'Sigmoid', x));
}

/** The layout in which most of the values already are; as the networks see them on a tie. */
export function commonLayout(values: readonly OnnxValue[], rank: number): Held {
  if (rank !== 4) return 'logical';
  const maps = values.filter((value) => value.rank === 4);
  const missing = (held: Held) => maps.filter((value) => !value.isHeld(held)).length;
  const fits = values.every(({ rank: own, shape }) => own === 4 || shape.slice(0, -1).every((s) => s === 1));
  return fits && missing('channelsFirst') < missing('logical') ? 'channelsFirst' : 'logical';
}
