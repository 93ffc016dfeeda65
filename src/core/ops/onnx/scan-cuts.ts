import { GraphBuilder } from '../../export/onnx/graph-builder.js';
import type { VisitingOrder } from '../../scan/visiting-order.js';
import type { ProjectedScanArgs } from '../ops.js';
import { OnnxOps } from './onnx-ops.js';
import { OnnxValue } from './onnx-value.js';

/**
 * A selective scan that is left out of a graph, to be run by other means. Names are those of values of the graph: u
 * `[B,L,D]`, projected `[B,L,K,R+2N]`, y `[B,L,D]`.
 */
export interface ScanCut {
  readonly u: string;
  readonly projected: string;
  readonly y: string;
  readonly channels: number;
  readonly states: number;
  readonly rank: number;
  readonly order: VisitingOrder;
  /** `[K,R,D]`, `[K,D,N]`, `[K,D]`, `[K,D]`. */
  readonly parameters: {
    readonly stepWeights: Float32Array;
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

  projectedScan(args: ProjectedScanArgs<OnnxValue>): OnnxValue[] {
    return args.orders.map((order) => this.cut(args, order));
  }

  private cut(args: ProjectedScanArgs<OnnxValue>, order: VisitingOrder): OnnxValue {
    const [u, projected] = [args.u.name(), args.projected.name()];
    const y = this.graph.node(cutNode.opType, [u, projected], { domain: cutNode.domain });
    const [, rank, channels] = args.stepWeights.shape as [number, number, number];
    const { stepWeights, a, d, deltaBias } = args;
    this.cuts.push({
      ...{ u, projected, y, channels, states: a.shape[2]!, rank, order },
      parameters: { stepWeights: known(stepWeights), a: known(a), d: known(d), deltaBias: known(deltaBias) },
    });
    return OnnxValue.of(this.graph, args.u.shape, y);
  }
}

function known({ data }: OnnxValue): Float32Array {
  if (!data) throw new Error('the parameters of a scan must follow from the weights alone');
  return data;
}
