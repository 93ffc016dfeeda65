import type { GraphStage, SplitGraph } from '../export/onnx/split-graph.js';
import { sizeOf } from '../tensor.js';
import type { SessionTensor } from './onnxruntime.js';

/** Of each stage, the values its model makes: memory planned once, so that scoring allocates little. */
export type MemoryPlan = readonly Record<string, SessionTensor>[];

/** What runs of a stage, without its model. */
export type StageShape = Pick<GraphStage, 'reads' | 'scans'>;

/** Values lie in buffers that are used again when nobody reads them any more. */
export function planMemory({ stages, outputs }: SplitGraph): MemoryPlan {
  const lastRead = new Map<string, number>();
  stages.forEach((stage, s) => {
    for (const name of [...stage.reads, ...scanInputs(stage)]) lastRead.set(name, s);
  });
  for (const name of outputs) lastRead.set(name, stages.length);
  const free = new Map<number, Float32Array[]>();
  const held: { until: number; buffer: Float32Array }[] = [];
  return stages.map((stage, s) => {
    const made = stage.model.graph.output.map(({ name, type }): [string, SessionTensor] => {
      const shape = type.tensorType.shape.dim.map((dim) => ('dimValue' in dim ? dim.dimValue : 1));
      const buffer = free.get(sizeOf(shape))?.pop() ?? new Float32Array(sizeOf(shape));
      held.push({ until: lastRead.get(name)!, buffer });
      return [name, { shape, data: buffer }];
    });
    for (const { buffer } of held.filter(({ until }) => until === s)) {
      free.set(buffer.length, [...(free.get(buffer.length) ?? []), buffer]);
    }
    return Object.fromEntries(made);
  });
}

/** Names of the values that the scans of a stage read. */
export function scanInputs({ scans }: Pick<GraphStage, 'scans'>): Set<string> {
  return new Set(scans.flatMap(({ u, projected }) => [u, projected]));
}
