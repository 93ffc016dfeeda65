// Glossary: B batch · L pixels · K directions · D channels · N states · T steps of a segment · R = K·L/T rows that
// run side by side (a state that restarts is another row)

import type { AttributeValue } from '../../export/onnx/attributes.js';
import { GraphBuilder } from '../../export/onnx/graph-builder.js';
import type { VisitingOrder } from '../../scan/visiting-order.js';
import type { SelectiveScanArgs } from '../ops.js';
import { OnnxValue } from './onnx-value.js';

interface Sizes {
  length: number;
  directions: number;
  channels: number;
  states: number;
  steps: number;
  rows: number;
}

/**
 * The selective scan as a standard ONNX `Scan` over the steps of a segment. Directions and segments are rows of one
 * state `[B,R,N,D]`; the channels lie last, so that every broadcast runs over long stretches of memory.
 */
export function selectiveScan(graph: GraphBuilder, args: SelectiveScanArgs<OnnxValue>): OnnxValue {
  const sizes = sizesOf(args);
  const { steps, rows, length, directions, channels, states } = sizes;
  const bias = graph.node('Reshape', [args.deltaBias.name(), graph.integers([directions, 1, channels])]);
  const delta = softplus(graph, graph.node('Add', [args.delta.name('groupsFirst'), bias])); // [B,K,L,D]
  const u = graph.node('Reshape', [args.u.name(), graph.integers([-1, 1, length, channels])]);
  const drive = graph.node('Mul', [delta, u]);
  const visits = graph.indices(visitedRows(args.order));
  const gather = (value: string, width: number, shape: number[]) => {
    const flat = graph.node('Reshape', [value, graph.integers([-1, directions * length, width])]);
    const visited = graph.node('Gather', [flat, visits], { attributes: { axis: 1 } });
    return graph.node('Reshape', [visited, graph.integers([-1, steps, rows, ...shape])]);
  };
  const outputs = scan(graph, sizes, args.a, [
    gather(delta, channels, [1, channels]),
    gather(drive, channels, [1, channels]),
    gather(args.b.name('groupsFirst'), states, [states, 1]),
    gather(args.c.name('groupsFirst'), states, [1, states]),
  ]);
  return withSkip(graph, args, summedOverDirections(graph, sizes, outputs, args.order));
}

function sizesOf({ u, a, order }: SelectiveScanArgs<OnnxValue>): Sizes {
  const [directions, channels, states] = a.shape as [number, number, number];
  const rows = (directions * order.length) / order.segment;
  return { length: u.shape[1]!, directions, channels, states, steps: order.segment, rows };
}

/** Step t of row (k,s) reads k·L + pixel of the flattened `[K·L]`. */
function visitedRows({ indices, directions, length, segment }: VisitingOrder): Int32Array {
  const segments = length / segment;
  const visits = new Int32Array(directions * length);
  let at = 0;
  for (let t = 0; t < segment; t++) {
    for (let k = 0; k < directions; k++) {
      for (let s = 0; s < segments; s++) visits[at++] = k * length + indices[k * length + s * segment + t]!;
    }
  }
  return visits;
}

/** Runs the steps: delta and drive `[B,T,R,1,D]`, b `[B,T,R,N,1]`, c `[B,T,R,1,N]` → y `[B,T,R,1,D]`. */
function scan(
  graph: GraphBuilder,
  sizes: Sizes,
  a: OnnxValue,
  sequences: [delta: string, drive: string, b: string, c: string],
): string {
  const { rows, states, channels } = sizes;
  const stateMatrix = rowsOfA(graph, sizes, a);
  const batch = graph.node('Shape', [sequences[0]], { attributes: { start: 0, end: 1 } });
  const stateShape = graph.node('Concat', [batch, graph.integers([rows, states, channels])], {
    attributes: { axis: 0 },
  });
  const start = graph.node('Expand', [graph.scalar(0), stateShape]);
  const [, y] = graph.nodeWithOutputs('Scan', [start, ...sequences], 2, {
    attributes: {
      body: stepBody(sizes, stateMatrix),
      num_scan_inputs: 4,
      scan_input_axes: [1, 1, 1, 1],
      scan_output_axes: [1],
    } satisfies Record<string, AttributeValue>,
  });
  return y!;
}

/** `A [K,D,N]` as `[R,N,D]`. */
function rowsOfA(graph: GraphBuilder, { rows, directions, states, channels }: Sizes, a: OnnxValue): string {
  const byState = a.permuted([0, 2, 1]);
  if (rows === directions) return byState;
  const one = graph.node('Reshape', [byState, graph.integers([directions, 1, states * channels])]);
  const repeated = graph.node('Expand', [
    one,
    graph.integers([directions, rows / directions, states * channels]),
  ]);
  return graph.node('Reshape', [repeated, graph.integers([rows, states, channels])]);
}

/** `h ← exp(Δ A) h + Δu ⊗ B`, `y = C h`: the state matrix is read from the graph around the body. */
function stepBody({ rows, states, channels }: Sizes, stateMatrix: string) {
  const body = new GraphBuilder(`${stateMatrix}.step.`);
  const input = (name: string, shape: number[]) => body.input(`${stateMatrix}.${name}`, [-1, rows, ...shape]);
  const h = input('h', [states, channels]);
  const delta = input('delta', [1, channels]);
  const drive = input('drive', [1, channels]);
  const b = input('b', [states, 1]);
  const c = input('c', [1, states]);
  const decay = body.node('Exp', [body.node('Mul', [delta, stateMatrix])]);
  const next = body.node('Add', [body.node('Mul', [decay, h]), body.node('Mul', [drive, b])]);
  body.outputAsNamed(next, [-1, rows, states, channels]);
  body.outputAsNamed(body.node('MatMul', [c, next]), [-1, rows, 1, channels]);
  return body.graph('step');
}

/** `log(1 + exp(x))`, and x itself beyond 20 as the published kernel has it. */
function softplus(graph: GraphBuilder, x: string): string {
  // onnxruntime's Softplus computes number by number; these run on vectors and take a third of its time.
  const power = graph.node('Exp', [graph.node('Min', [x, graph.scalar(20)])]);
  return graph.node('Max', [x, graph.node('Log', [graph.node('Add', [power, graph.scalar(1)])])]);
}

/** Brings every row back to its pixel and adds up the directions: `[B,L,D]`. */
function summedOverDirections(graph: GraphBuilder, sizes: Sizes, y: string, order: VisitingOrder): string {
  const { length, directions, channels } = sizes;
  const visits = visitedRows(order);
  const places = new Int32Array(visits.length);
  visits.forEach((row, place) => {
    places[row] = place;
  });
  const flat = graph.node('Reshape', [y, graph.integers([-1, directions * length, channels])]);
  const back = graph.node('Gather', [flat, graph.indices(places)], { attributes: { axis: 1 } });
  const mapped = graph.node('Reshape', [back, graph.integers([-1, directions, length, channels])]);
  return graph.node('ReduceSum', [mapped, graph.integers([1])], { attributes: { keepdims: 0 } });
}

/** The skip weights of all directions act on the same pixel: `y + u · Σ_k D_k`. */
function withSkip(graph: GraphBuilder, { u, d }: SelectiveScanArgs<OnnxValue>, y: string): OnnxValue {
  const skip = graph.node('ReduceSum', [d.name(), graph.integers([0])], { attributes: { keepdims: 0 } });
  return OnnxValue.of(graph, u.shape, graph.node('Add', [y, graph.node('Mul', [u.name(), skip])]));
}
