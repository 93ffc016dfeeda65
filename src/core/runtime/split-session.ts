import { encodeModel } from '../export/onnx/messages.js';
import type { SplitGraph } from '../export/onnx/split-graph.js';
import { ScanArena, type ScanLane } from '../kernels/selective-scan/scan-arena.js';
import { ScanThreads } from '../kernels/selective-scan/scan-threads.js';
import { Available } from './available.js';
import { type OnnxSession, openSession, type SessionTensor } from './onnxruntime.js';
import { planMemory, type StageMemory, type StageShape, scanInputs } from './split-memory.js';

export interface SplitOptions {
  /** Cores to use: scans of some pictures run beside the dense stages of others. */
  threads: number;
}

/** What one picture needs on its way through the stages. */
interface Lane {
  scans: ScanLane;
  memory: readonly StageMemory[];
}

/**
 * Loads a split graph: dense stages into onnxruntime, scans into WebAssembly.
 *
 * @throws UnavailableError when onnxruntime is absent
 */
export async function openSplitSession(graph: SplitGraph, { threads }: SplitOptions): Promise<SplitSession> {
  const sessions: OnnxSession[] = [];
  for (const { model } of graph.stages) {
    // Measured with the paper preset: without kept memory no slower, and each of 17 sessions would keep the most it
    // ever needed.
    sessions.push(await openSession(encodeModel(model), { threads: 1, keepMemory: false }));
  }
  return new SplitSession(graph, sessions, threads);
}

/** A detector between whose native parts scans run. */
export class SplitSession {
  /** Pictures that are worth having under way. */
  readonly size: number;
  // Without the models, which hold a copy of all weights.
  private readonly stages: readonly StageShape[];
  private readonly outputs: readonly string[];
  private readonly lanes: Available<Lane>;
  private readonly arena: ScanArena;
  private readonly threads: ScanThreads;
  private denseStages = 0;

  constructor(
    graph: SplitGraph,
    private readonly sessions: readonly OnnxSession[],
    threads: number,
  ) {
    this.stages = graph.stages.map(({ reads, scans }) => ({ reads, scans }));
    this.outputs = graph.outputs;
    this.threads = new ScanThreads(threads, () => this.denseStages > 0);
    this.arena = new ScanArena(
      graph.stages.map(({ scans }) => scans),
      this.threads,
    );
    // onnxruntime works in the caller's thread. One picture there, one in each other thread, and one that is ready when
    // a thread has done its share.
    this.size = threads > 1 ? threads + 1 : 1;
    this.lanes = new Available(
      Array.from(
        { length: this.size },
        (): Lane => ({ scans: this.arena.addLane(), memory: planMemory(graph) }),
      ),
    );
  }

  /** One picture; all shapes begin with 1. Several calls may be under way. */
  run(inputs: Record<string, SessionTensor>): Promise<Record<string, SessionTensor>> {
    return this.lanes.use(async ({ scans, memory }) => {
      const values = new Map(Object.entries(inputs));
      for (const s of this.stages.keys()) {
        await this.runDense(s, values, memory[s]!.dense);
        await this.runScans(s, values, memory[s]!.scanned, scans);
      }
      // The next picture overwrites the lane's memory.
      const copies = this.outputs.map((name) => [name, copyOf(values.get(name)!)]);
      return Object.fromEntries(copies);
    });
  }

  async dispose(): Promise<void> {
    await this.threads.close();
    await Promise.all(this.sessions.map((session) => session.dispose()));
  }

  private async runDense(
    s: number,
    values: Map<string, SessionTensor>,
    made: Record<string, SessionTensor>,
  ): Promise<void> {
    const feeds = Object.fromEntries(this.stages[s]!.reads.map((name) => [name, values.get(name)!]));
    this.denseStages += 1;
    try {
      await this.sessions[s]!.run(feeds, made);
    } finally {
      this.denseStages -= 1;
      this.threads.help();
    }
    for (const [name, value] of Object.entries(made)) values.set(name, value);
  }

  private async runScans(
    s: number,
    values: Map<string, SessionTensor>,
    made: Record<string, SessionTensor>,
    lane: ScanLane,
  ): Promise<void> {
    const stage = this.stages[s]!;
    if (stage.scans.length === 0) return;
    for (const name of scanInputs(stage)) this.arena.input(lane, s, name).set(values.get(name)!.data);
    await this.arena.run(lane, s);
    for (const [name, value] of Object.entries(made)) {
      value.data.set(this.arena.output(lane, s, name));
      values.set(name, value);
    }
  }
}

function copyOf({ shape, data }: SessionTensor): SessionTensor {
  return { shape, data: data.slice() };
}
