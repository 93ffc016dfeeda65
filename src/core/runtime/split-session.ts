import { encodeModel } from '../export/onnx/messages.js';
import type { GraphStage, SplitGraph } from '../export/onnx/split-graph.js';
import { ScanArena } from '../kernels/selective-scan/scan-arena.js';
import { sizeOf } from '../tensor.js';
import { type OnnxSession, openSession, type SessionOptions, type SessionTensor } from './onnxruntime.js';

/** Where the values of one picture lie; planned once, so that scoring allocates nothing. */
interface Plan {
  /** Of each stage, the values its model makes. */
  made: Record<string, SessionTensor>[];
  /** Of each stage, the values of earlier stages that its scans read. */
  copied: string[][];
}

/**
 * Runs a split graph on one picture at a time: dense stages in onnxruntime, scans in WebAssembly between them.
 *
 * @throws UnavailableError when onnxruntime-node is absent
 */
export async function openSplitSession(graph: SplitGraph, options: SessionOptions): Promise<SplitSession> {
  const arena = graph.stages.some(({ scans }) => scans.length > 0)
    ? new ScanArena(graph.stages.map(({ scans }) => scans))
    : null;
  const sessions: OnnxSession[] = [];
  for (const { model } of graph.stages) {
    // Measured with the paper preset: no slower, and each of 17 arenas would keep the most it ever needed.
    sessions.push(await openSession(encodeModel(model), { ...options, keepMemory: false }));
  }
  // The models stay behind: they hold a copy of all weights.
  const stages = graph.stages.map(({ reads, scans }) => ({ reads, scans }));
  return new SplitSession({ stages, outputs: graph.outputs }, sessions, arena, planMemory(graph, arena));
}

/** Values lie where a scan of the same stage reads them, or in buffers that are used again when nobody reads them. */
function planMemory({ stages, outputs }: SplitGraph, arena: ScanArena | null): Plan {
  const lastRead = new Map<string, number>();
  stages.forEach((stage, s) => {
    for (const name of [...stage.reads, ...scanInputs(stage)]) lastRead.set(name, s);
  });
  for (const name of outputs) lastRead.set(name, stages.length);
  const pool = new Map<number, Float32Array[]>();
  const held: { at: number; buffer: Float32Array }[] = [];
  const made = stages.map((stage, s) => {
    const scanned = scanInputs(stage);
    const tensors = stage.model.graph.output.map(({ name, type }): [string, SessionTensor] => {
      const shape = type.tensorType.shape.dim.map((dim) => ('dimValue' in dim ? dim.dimValue : 1));
      const direct = scanned.has(name) && lastRead.get(name) === s;
      if (direct) return [name, { shape, data: arena!.input(s, name) }];
      const buffer = pool.get(sizeOf(shape))?.pop() ?? new Float32Array(sizeOf(shape));
      held.push({ at: lastRead.get(name)!, buffer });
      return [name, { shape, data: buffer }];
    });
    for (const { buffer } of held.filter(({ at }) => at === s)) {
      pool.set(buffer.length, [...(pool.get(buffer.length) ?? []), buffer]);
    }
    return Object.fromEntries(tensors);
  });
  const copied = stages.map((stage, s) => [...scanInputs(stage)].filter((name) => !isDirect(made[s]!, name)));
  return { made, copied };

  function isDirect(ofStage: Record<string, SessionTensor>, name: string): boolean {
    return name in ofStage && !held.some(({ buffer }) => buffer === ofStage[name]!.data);
  }
}

function scanInputs({ scans }: Pick<GraphStage, 'scans'>): Set<string> {
  return new Set(scans.flatMap(({ u, delta, b, c }) => [u, delta, b, c]));
}

/** A detector between whose native parts scans run. */
export class SplitSession {
  constructor(
    private readonly graph: {
      stages: readonly Pick<GraphStage, 'reads' | 'scans'>[];
      outputs: readonly string[];
    },
    private readonly sessions: readonly OnnxSession[],
    private readonly arena: ScanArena | null,
    private readonly plan: Plan,
  ) {}

  /**
   * One picture; all shapes begin with 1. One call at a time.
   *
   * @returns outputs in memory that the next call overwrites
   */
  async run(inputs: Record<string, SessionTensor>): Promise<Record<string, SessionTensor>> {
    const values = new Map(Object.entries(inputs));
    for (const [s, { reads }] of this.graph.stages.entries()) {
      const feeds = Object.fromEntries(reads.map((name) => [name, values.get(name)!]));
      await this.sessions[s]!.run(feeds, this.plan.made[s]!);
      for (const [name, value] of Object.entries(this.plan.made[s]!)) values.set(name, value);
      this.scan(s, values);
    }
    return Object.fromEntries(this.graph.outputs.map((name) => [name, values.get(name)!]));
  }

  async dispose(): Promise<void> {
    await Promise.all(this.sessions.map((session) => session.dispose()));
  }

  private scan(s: number, values: Map<string, SessionTensor>): void {
    const { scans } = this.graph.stages[s]!;
    if (scans.length === 0 || this.arena === null) return;
    for (const name of this.plan.copied[s]!) this.arena.input(s, name).set(values.get(name)!.data);
    const outputs = this.arena.run(s);
    for (const { y, order, channels } of scans) {
      const readLater = this.graph.stages
        .slice(s + 2)
        .some((stage) => stage.reads.includes(y) || scanInputs(stage).has(y));
      // The scans of the next stage overwrite it.
      const data = readLater ? outputs.get(y)!.slice() : outputs.get(y)!;
      values.set(y, { shape: [1, order.length, channels], data });
    }
  }
}
