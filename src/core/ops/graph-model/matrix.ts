import { attribute, type GraphDefBuilder } from '../../export/tfjs/graph-def.js';
import { broadcastShape } from '../broadcast-shape.js';
import { GraphValue } from './graph-value.js';

/** Batched product over the last two axes. */
export function matMul(
  graph: GraphDefBuilder,
  x: GraphValue,
  y: GraphValue,
  transposeX: boolean,
  transposeY: boolean,
): GraphValue {
  const name = graph.node('BatchMatMulV2', [x.name, y.name], {
    adj_x: attribute.flag(transposeX),
    adj_y: attribute.flag(transposeY),
  });
  const leading = broadcastShape(x.shape.slice(0, -2), y.shape.slice(0, -2));
  const rows = x.shape.at(transposeX ? -1 : -2)!;
  return GraphValue.of(graph, [...leading, rows, y.shape.at(transposeY ? -2 : -1)!], name);
}

/** `x [...,I] · weight [I,O] + bias`: all pixels as the rows of one matrix. */
export function linear(
  graph: GraphDefBuilder,
  x: GraphValue,
  weight: GraphValue,
  bias?: GraphValue,
): GraphValue {
  const [inner, outer] = weight.shape as [number, number];
  const rows = x.rank === 2 ? x.name : graph.node('Reshape', [x.name, graph.integers([-1, inner])]);
  const product = graph.node('MatMul', [rows, weight.name]);
  const sum = bias ? graph.node('AddV2', [product, bias.name]) : product;
  const shape = [...x.shape.slice(0, -1), outer];
  return GraphValue.of(
    graph,
    shape,
    x.rank === 2 ? sum : graph.node('Reshape', [sum, graph.integers(shape)]),
  );
}

/** `x [B,L,K,I] · weight [K,I,O]`: group by group, and left so. */
export function groupedLinear(graph: GraphDefBuilder, x: GraphValue, weight: GraphValue): GraphValue {
  const groups = graph.node('Transpose', [x.name, graph.integers([0, 2, 1, 3])]);
  const name = graph.node('BatchMatMulV2', [groups, weight.name]);
  return GraphValue.grouped(graph, [...x.shape.slice(0, -1), weight.shape[2]!], name);
}
