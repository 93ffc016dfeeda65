import { GraphBuilder } from '../../export/onnx/graph-builder.js';
import type { VisitingOrder } from '../../scan/visiting-order.js';
import type { SelectiveScanArgs } from '../ops.js';
import { OnnxOps } from './onnx-ops.js';
import { OnnxValue } from './onnx-value.js';

/**
 * A selective scan that is left out of a graph, to be run by other means. Names are those of values of the graph: u
 * `[B,L,D]`, delta `[B,K,L,D]`, b and c `[B,K,L,N]`, y `[B,L,D]`.
 */
export interface ScanCut {
  readonly u: string;
  readonly delta: string;
  readonly b: string;
  readonly c: string;
  readonly y: string;
  readonly channels: number;
  readonly states: number;
  readonly order: VisitingOrder;
  /** `[K,D,N]`, `[K,D]`, `[K,D]`. */
  readonly parameters: {
    readonly a: Float32Array;
    readonly d: Float32Array;
    readonly deltaBias: Float32Array;
  };
}

/** Operator type and domain of the node that stands where a scan was cut out. */
export const cutNode = { opType: 'SelectiveScan', domain: 'mambaad' };

/** Writes a network down like `OnnxOps`, but leaves its scans out: see `splitGraph`. */
export class OnnxOpsWithCuts extends OnnxOps {
  readonly cuts: ScanCut[] = [];

  constructor() {
    super(new GraphBuilder());
  }

  override selectiveScan(args: SelectiveScanArgs<OnnxValue>): OnnxValue {
    const [delta, b, c] = [args.delta, args.b, args.c].map((value) => value.name('groupsFirst'));
    const u = args.u.name();
    const y = this.graph.node(cutNode.opType, [u, delta!, b!, c!], { domain: cutNode.domain });
    this.cuts.push({
      ...{ u, delta: delta!, b: b!, c: c!, y },
      channels: args.a.shape[1]!,
      states: args.a.shape[2]!,
      order: args.order,
      parameters: { a: known(args.a), d: known(args.d), deltaBias: known(args.deltaBias) },
    });
    return OnnxValue.of(this.graph, args.u.shape, y);
  }
}

function known({ data }: OnnxValue): Float32Array {
  if (!data) throw new Error('the parameters of a scan must follow from the weights alone');
  return data;
}
