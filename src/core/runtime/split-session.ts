import { encodeModel } from '../export/onnx/messages.js';
import type { SplitGraph } from '../export/onnx/split-graph.js';
import { ScanArena } from '../kernels/selective-scan/scan-arena.js';
import { type OnnxSession, openSession, type SessionOptions, type SessionTensor } from './onnxruntime.js';

interface Stage {
  session: OnnxSession;
  reads: readonly string[];
  /** Values that are written where the scans of this stage read them, with their shape. */
  direct: Record<string, SessionTensor>;
  /** Values of earlier stages that the scans read. */
  copied: string[];
  /** Values that nobody reads after this stage. */
  spent: string[];
}

/**
 * Runs a split graph on one picture at a time: dense stages in onnxruntime, scans in WebAssembly between them.
 *
 * @throws UnavailableError when onnxruntime-node is absent
 */
export async function openSplitSession(graph: SplitGraph, options: SessionOptions): Promise<SplitSession> {
  const arena = new ScanArena(graph.stages.map(({ scans }) => scans));
  const stages: Stage[] = [];
  for (const [s, { model, reads }] of graph.stages.entries()) {
    const session = await openSession(encodeModel(model), options);
    stages.push({ session, reads, ...plan(graph, s, arena) });
  }
  return new SplitSession(stages, arena, graph);
}

/** Decides where the values of a stage go and which end with it. */
function plan(graph: SplitGraph, s: number, arena: ScanArena): Omit<Stage, 'session' | 'reads'> {
  const { makes, scans, model } = graph.stages[s]!;
  const scanned = new Set(scans.flatMap(({ u, delta, b, c }) => [u, delta, b, c]));
  const readLater = new Set([
    ...graph.outputs,
    ...graph.stages
      .slice(s + 1)
      .flatMap((stage) => [...stage.reads, ...stage.scans.flatMap(({ u, delta, b, c }) => [u, delta, b, c])]),
  ]);
  const direct = makes.filter((name) => scanned.has(name) && !readLater.has(name));
  const shapes = new Map(
    model.graph.output.map(({ name, type }) => [
      name,
      type.tensorType.shape.dim.map((dim) => ('dimValue' in dim ? dim.dimValue : 1)),
    ]),
  );
  const alive = new Set([...graph.inputs, ...graph.stages.slice(0, s + 1).flatMap((stage) => stage.makes)]);
  const before = graph.stages.slice(0, s).flatMap((stage) => stage.scans.map(({ y }) => y));
  return {
    direct: Object.fromEntries(
      direct.map((name) => [name, { shape: shapes.get(name)!, data: arena.input(s, name) }]),
    ),
    copied: [...scanned].filter((name) => !direct.includes(name)),
    spent: [...alive, ...before].filter((name) => !readLater.has(name)),
  };
}

export class SplitSession {
  constructor(
    private readonly stages: readonly Stage[],
    private readonly arena: ScanArena,
    private readonly graph: SplitGraph,
  ) {}

  /** One picture; all shapes begin with 1. */
  async run(inputs: Record<string, SessionTensor>): Promise<Record<string, SessionTensor>> {
    const values = new Map(Object.entries(inputs));
    for (const [s, stage] of this.stages.entries()) {
      const feeds = Object.fromEntries(stage.reads.map((name) => [name, values.get(name)!]));
      const made = await stage.session.run(feeds, stage.direct);
      for (const [name, value] of Object.entries(made)) {
        if (!(name in stage.direct)) values.set(name, value);
      }
      this.scan(s, stage, values);
      for (const name of stage.spent) values.delete(name);
    }
    return Object.fromEntries(this.graph.outputs.map((name) => [name, values.get(name)!]));
  }

  async dispose(): Promise<void> {
    await Promise.all(this.stages.map(({ session }) => session.dispose()));
  }

  private scan(s: number, { copied }: Stage, values: Map<string, SessionTensor>): void {
    const { scans } = this.graph.stages[s]!;
    if (scans.length === 0) return;
    for (const name of copied) this.arena.input(s, name).set(values.get(name)!.data);
    const outputs = this.arena.run(s);
    for (const { y, order, channels } of scans) {
      // A copy: stages after the next may read it too.
      values.set(y, { shape: [1, order.length, channels], data: outputs.get(y)!.slice() });
    }
  }
}
