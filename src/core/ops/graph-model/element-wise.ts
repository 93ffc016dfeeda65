import type { GraphDefBuilder } from '../../export/tfjs/graph-def.js';
import { broadcastShape } from '../broadcast-shape.js';
import { onNumbers } from '../on-numbers.js';
import { GraphValue } from './graph-value.js';

/** By TensorFlow's names. */
const computed = { ...onNumbers, AddV2: onNumbers.Add, Maximum: onNumbers.Max };

export function unary(
  graph: GraphDefBuilder,
  op: 'Exp' | 'Sqrt' | 'Relu' | 'Sigmoid',
  x: GraphValue,
): GraphValue {
  const compute = computed[op];
  if (x.data)
    return GraphValue.constant(
      graph,
      x.shape,
      x.data.map((value) => compute(value)),
    );
  return GraphValue.of(graph, x.shape, graph.node(op, [x.name]));
}

/** One operand and a number. */
export function withScalar(
  graph: GraphDefBuilder,
  op: 'Mul' | 'AddV2' | 'Maximum',
  x: GraphValue,
  scalar: number,
): GraphValue {
  const compute = computed[op];
  if (x.data)
    return GraphValue.constant(
      graph,
      x.shape,
      x.data.map((value) => compute(value, scalar)),
    );
  return GraphValue.of(graph, x.shape, graph.node(op, [x.name, graph.scalar(scalar)]));
}

/** Two operands under NumPy's broadcasting rule. */
export function binary(
  graph: GraphDefBuilder,
  op: 'AddV2' | 'Sub' | 'Mul' | 'RealDiv',
  x: GraphValue,
  y: GraphValue,
): GraphValue {
  return GraphValue.of(graph, broadcastShape(x.shape, y.shape), graph.node(op, [x.name, y.name]));
}
