import type { GraphStage, SplitGraph } from '../export/onnx/split-graph.js';
import { sizeOf } from '../tensor.js';
import type { SessionTensor } from './onnxruntime.js';

/** Where the values lie that a stage makes: planned once, so that scoring allocates little. */
export interface StageMemory {
  /** Made by its model. */
  readonly dense: Record<string, SessionTensor>;
  /** Made by its scans. */
  readonly scanned: Record<string, SessionTensor>;
}

/** What runs of a stage, without its model. */
export type StageShape = Pick<GraphStage, 'reads' | 'scans'>;

/** Values lie in buffers that are used again when nobody reads them any more. */
export function planMemory({ stages, outputs }: SplitGraph): StageMemory[] {
  const lastRead = new Map<string, number>();
  stages.forEach((stage, s) => {
    for (const name of [...stage.reads, ...scanInputs(stage)]) lastRead.set(name, s);
  });
  for (const name of outputs) lastRead.set(name, stages.length);
  const free = new Map<number, Float32Array[]>();
  const held: { until: number; buffer: Float32Array }[] = [];
  const place = (name: string, shape: number[]): [string, SessionTensor] => {
    const buffer = free.get(sizeOf(shape))?.pop() ?? new Float32Array(sizeOf(shape));
    held.push({ until: lastRead.get(name)!, buffer });
    return [name, { shape, data: buffer }];
  };
  return stages.map((stage, s) => {
    const dense = stage.model.graph.output.map(({ name, type }) =>
      place(
        name,
        type.tensorType.shape.dim.map((dim) => ('dimValue' in dim ? dim.dimValue : 1)),
      ),
    );
    const scanned = stage.scans.map(({ y, order, channels }) => place(y, [1, order.length, channels]));
    for (const { buffer } of held.filter(({ until }) => until === s)) {
      free.set(buffer.length, [...(free.get(buffer.length) ?? []), buffer]);
    }
    return { dense: Object.fromEntries(dense), scanned: Object.fromEntries(scanned) };
  });
}

/** Names of the values that the scans of a stage read. */
export function scanInputs({ scans }: Pick<GraphStage, 'scans'>): Set<string> {
  return new Set(scans.flatMap(({ u, projected }) => [u, projected]));
}
