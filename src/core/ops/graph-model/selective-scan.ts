// Glossary: B batch · L pixels · K directions · D channels · N states · C chains, the K·L/segment runs of a state
// S pieces of a chain that are walked side by side · T steps of a piece · Q = S·C rows of the state
//
// The batch comes second inside: what is cut, joined and gathered are then whole stretches of memory.

import { attribute, type GraphDefBuilder } from '../../export/tfjs/graph-def.js';
import type { VisitingOrder } from '../../scan/visiting-order.js';
import type { SelectiveScanArgs } from '../ops.js';
import { GraphValue } from './graph-value.js';
import { readPlaces, type ScanPlan, scanPlan, writePlaces } from './scan-plan.js';

/** What the steps of the pieces read, each a list over T. */
interface Steps {
  /** `[Q,B,1,D]`. */
  delta: string[];
  /** `Δu`, `[Q,B,1,D]`. */
  drive: string[];
  /** `[Q,B,N,1]`. */
  b: string[];
  /** `[Q,B,1,N]`. */
  c: string[];
}

/**
 * The selective scan out of element-wise operations and products, without loops: TensorFlow.js runs a graph node by
 * node, so the steps are written out one after the other. To write 64 of them for 4096 pixels, a chain is cut into pieces
 * that are walked side by side from a state of zeros; then the state in which each piece should have begun is carried
 * from piece to piece, and its fading share is added to every step's output. Exact, at twice the arithmetic.
 */
export function selectiveScan(graph: GraphDefBuilder, args: SelectiveScanArgs<GraphValue>): GraphValue {
  const plan = scanPlan(args.order, args.a.shape as [number, number, number]);
  const steps = gatherSteps(graph, args, plan);
  const rows = stateMatrix(graph, args.a, plan);
  const { outputs, last } = walk(graph, steps, rows);
  const corrected = plan.pieces > 1 ? withCarry(graph, plan, steps, rows, outputs, last) : outputs;
  return withSkip(graph, args, summedOverDirections(graph, plan, args.order, corrected));
}

function gatherSteps(
  graph: GraphDefBuilder,
  { u, delta, b, c, deltaBias, order }: SelectiveScanArgs<GraphValue>,
  plan: ScanPlan,
): Steps {
  const { directions: K, length: L, channels: D, states: N } = plan;
  const bias = graph.node('Reshape', [deltaBias.name, graph.integers([1, K, 1, D])]);
  const grouped = delta.groupsFirst ?? graph.node('Transpose', [delta.name, graph.integers([0, 2, 1, 3])]);
  const step = softplus(graph, graph.node('AddV2', [grouped, bias])); // [B,K,L,D]
  const drive = graph.node('Mul', [step, graph.node('Reshape', [u.name, graph.integers([-1, 1, L, D])])]);
  const byGroup = places(
    graph,
    readPlaces(order, plan, (k, pixel) => k * L + pixel),
  );
  const byPixel = places(
    graph,
    readPlaces(order, plan, (k, pixel) => pixel * K + k),
  );
  const visit = (value: string, places: string, width: number, shape: number[]) => {
    const flat = graph.node('Reshape', [value, graph.integers([-1, K * L, width])]);
    const visited = graph.node('GatherNd', [batchSecond(graph, flat), places], indexed);
    const stepwise = graph.node('Reshape', [visited, graph.integers([K * L, -1, ...shape])]);
    return pieces(graph, stepwise, plan.steps);
  };
  return {
    delta: visit(step, byGroup, D, [1, D]),
    drive: visit(drive, byGroup, D, [1, D]),
    b: visit(b.name, byPixel, N, [N, 1]),
    c: visit(c.name, byPixel, N, [1, N]),
  };
}

/** `h ← exp(ΔA) h + Δu ⊗ B`, `y = C h` from a state of zeros: the outputs `[Q,B,1,D]` of every step, and the last h. */
function walk(
  graph: GraphDefBuilder,
  { delta, drive, b, c }: Steps,
  rows: string,
): { outputs: string[]; last: string } {
  const outputs: string[] = [];
  let h = graph.node('Mul', [drive[0]!, b[0]!]);
  outputs.push(graph.node('BatchMatMulV2', [c[0]!, h]));
  for (let t = 1; t < delta.length; t++) {
    const faded = graph.node('Mul', [decay(graph, delta[t]!, rows, h), h]);
    h = graph.node('AddV2', [faded, graph.node('Mul', [drive[t]!, b[t]!])]);
    outputs.push(graph.node('BatchMatMulV2', [c[t]!, h]));
  }
  return { outputs, last: h };
}

/** Adds to every step's output what is left of the state in which its piece begins. */
function withCarry(
  graph: GraphDefBuilder,
  plan: ScanPlan,
  { delta, c }: Steps,
  rows: string,
  outputs: readonly string[],
  last: string,
): string[] {
  const passed = [delta[0]!];
  for (const next of delta.slice(1)) passed.push(graph.node('AddV2', [passed.at(-1)!, next]));
  const whole = pieces(graph, decay(graph, passed.at(-1)!, rows, last), plan.pieces);
  const ends = pieces(graph, last, plan.pieces);
  const carries = [graph.node('ZerosLike', [ends[0]!]), ends[0]!];
  for (let s = 1; s < plan.pieces - 1; s++) {
    const faded = graph.node('Mul', [whole[s]!, carries[s]!]);
    carries.push(graph.node('AddV2', [faded, ends[s]!]));
  }
  const carry = joined(graph, carries);
  let before = carry;
  return outputs.map((output, t) => {
    const left = graph.node('Mul', [decay(graph, passed[t]!, rows, before), carry]);
    before = graph.node('BatchMatMulV2', [c[t]!, left]);
    return graph.node('AddV2', [output, before]);
  });
}

/**
 * `exp(ΔA)`, which is in 0…1. Written as 1 + elu: for negative numbers elu is exp − 1, and the WebAssembly backend has a
 * vectorised one (6 times as fast; the result differs by rounding). Runs after `previous` only: the order of nodes would
 * otherwise compute the decays of all steps at once, and keep them.
 */
function decay(graph: GraphDefBuilder, delta: string, rows: string, previous: string): string {
  const exponent = graph.node('Mul', [delta, rows, `^${previous}`]);
  return graph.node('AddV2', [graph.node('Elu', [exponent]), graph.scalar(1)]);
}

/** `A [K,D,N]` for every row of the state: `[Q,1,N,D]`. */
function stateMatrix(graph: GraphDefBuilder, a: GraphValue, plan: ScanPlan): string {
  const { directions: K, states: N, channels: D, pieces: S, chains } = plan;
  const byState = graph.node('Transpose', [a.name, graph.integers([0, 2, 1])]);
  const one = graph.node('Reshape', [byState, graph.integers([1, K, N * D])]);
  const segments = new Array<string>(chains / K).fill(one);
  const repeated =
    segments.length === 1
      ? one
      : graph.node('Transpose', [joined(graph, segments), graph.integers([1, 0, 2])]);
  const rows = graph.node('Reshape', [repeated, graph.integers([chains, 1, N, D])]);
  return joined(graph, new Array<string>(S).fill(rows));
}

/** `log(1 + exp(x)) = max(x, 0) + log(1 + exp(−|x|))`. */
function softplus(graph: GraphDefBuilder, x: string): string {
  const magnitude = graph.node('Neg', [graph.node('Abs', [x])]);
  const power = graph.node('AddV2', [graph.node('Elu', [magnitude]), graph.scalar(1)]);
  return graph.node('AddV2', [graph.node('Relu', [x]), graph.node('Log1p', [power])]);
}

/** Brings every step's output to its pixel and adds up the directions: `[B,L,D]`. */
function summedOverDirections(
  graph: GraphDefBuilder,
  plan: ScanPlan,
  order: VisitingOrder,
  outputs: readonly string[],
): string {
  const { directions: K, length: L, channels: D } = plan;
  const flat = graph.node('Reshape', [joined(graph, outputs), graph.integers([K * L, -1, D])]);
  const sum = writePlaces(order, plan)
    .map((from) => graph.node('GatherNd', [flat, places(graph, from)], indexed))
    .reduce((total, direction) => graph.node('AddV2', [total, direction]));
  return batchSecond(graph, sum);
}

/** The skip weights of all directions act on the same pixel: `y + u · Σ_k D_k`. */
function withSkip(graph: GraphDefBuilder, { u, d }: SelectiveScanArgs<GraphValue>, y: string): GraphValue {
  const skip = graph.node('Sum', [d.name, graph.integers([0])], { keep_dims: attribute.flag(false) });
  return GraphValue.of(graph, u.shape, graph.node('AddV2', [y, graph.node('Mul', [u.name, skip])]));
}

/** `[B,M,D]` ↔ `[M,B,D]`; free where there is one picture. */
function batchSecond(graph: GraphDefBuilder, value: string): string {
  return graph.node('Transpose', [value, graph.integers([1, 0, 2])]);
}

const indexed = { Tindices: attribute.type('DT_INT32') };

/** As `GatherNd` wants them: where the backends gather element by element, it copies whole rows. */
function places(graph: GraphDefBuilder, rows: Int32Array): string {
  return graph.indices(rows, [rows.length, 1]);
}

/** Parts of one cut: the WebAssembly backend copies all of a tensor for each part, so many parts are cut by and by. */
const partsAtOnce = 8;

/** Cuts the first axis into equal parts. */
function pieces(graph: GraphDefBuilder, value: string, count: number): string[] {
  if (count === 1) return [value];
  const parts = largestDivisor(count, partsAtOnce);
  const name = graph.node('Split', [graph.axis(0), value], { num_split: attribute.integer(parts) });
  return Array.from({ length: parts }, (_, i) => (i === 0 ? name : `${name}:${i}`)).flatMap((part) =>
    pieces(graph, part, count / parts),
  );
}

/** Not above `most`, unless `n` has no such divisor but 1. */
function largestDivisor(n: number, most: number): number {
  for (let divisor = most; divisor > 1; divisor--) if (n % divisor === 0) return divisor;
  return n;
}

/** Joins along the first axis. */
function joined(graph: GraphDefBuilder, values: readonly string[]): string {
  if (values.length === 1) return values[0]!;
  return graph.node('ConcatV2', [...values, graph.axis(0)], { N: attribute.integer(values.length) });
}
