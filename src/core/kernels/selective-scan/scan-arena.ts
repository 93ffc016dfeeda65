import type { ScanCut } from '../../ops/onnx/scan-cuts.js';
import type { ScanJob } from './scan-job.js';
import type { ScanThreads } from './scan-threads.js';

interface Placed {
  cut: ScanCut;
  at: Pick<ScanJob, 'stepWeights' | 'a' | 'd' | 'deltaBias' | 'order'>;
}

interface Place {
  at: number;
  size: number;
}

/** Where the values of one picture lie: by group of scans and name. */
export interface ScanLane {
  readonly inputs: readonly Map<string, Place>[];
  readonly outputs: readonly Map<string, Place>[];
}

/**
 * Runs scans outside TensorFlow.js, in the memory of their threads. The scans come in groups that run one after the
 * other; groups share memory for their values. Lanes are for pictures under way at the same time.
 */
export class ScanArena {
  private readonly groups: Placed[][];
  private end: number;

  constructor(
    groups: readonly (readonly ScanCut[])[],
    private readonly threads: ScanThreads,
  ) {
    this.end = threads.dataStart;
    this.groups = groups.map((cuts) => cuts.map((cut) => this.place(cut)));
  }

  addLane(): ScanLane {
    const groups = this.groups.map((placed) => placed.map(({ cut }) => cut));
    return {
      inputs: this.layOut(groups.map(inputSizes)),
      outputs: this.layOut(groups.map(outputSizes)),
    };
  }

  /** The memory from which the scans of a group read the named value. */
  input(lane: ScanLane, group: number, name: string): Float32Array {
    return this.view(lane.inputs[group]!.get(name)!);
  }

  /** Where a scan of a group left its output `[L,D]`, until the next group runs. */
  output(lane: ScanLane, group: number, name: string): Float32Array {
    return this.view(lane.outputs[group]!.get(name)!);
  }

  /** Runs the scans of a group. */
  async run(lane: ScanLane, group: number): Promise<void> {
    const outputs = lane.outputs[group]!;
    for (const place of outputs.values()) this.view(place).fill(0);
    const jobs = this.groups[group]!.map(({ cut, at }): ScanJob => {
      const { length, directions, segment } = cut.order;
      const sizes = { length, directions, segment, channels: cut.channels, states: cut.states };
      const input = (name: string) => lane.inputs[group]!.get(name)!.at;
      return {
        ...{ ...sizes, rank: cut.rank, ...at },
        ...{ u: input(cut.u), projected: input(cut.projected), y: outputs.get(cut.y)!.at },
      };
    });
    await this.threads.run(jobs);
  }

  private place(cut: ScanCut): Placed {
    const { stepWeights, a, d, deltaBias } = cut.parameters;
    const put = (values: Float32Array | Int32Array) => {
      // The kernel reads a little past the step weights.
      const at = this.take(values.length + 4);
      const View = values instanceof Int32Array ? Int32Array : Float32Array;
      new View(this.threads.memory.buffer, at, values.length).set(values);
      return at;
    };
    const at = { stepWeights: put(stepWeights), a: put(a), d: put(d), deltaBias: put(deltaBias) };
    return { cut, at: { ...at, order: put(cut.order.indices) } };
  }

  /** Places for values by group; groups lie over each other. */
  private layOut(groups: readonly Map<string, number>[]): Map<string, Place>[] {
    const start = this.take(Math.max(0, ...groups.map(total)));
    return groups.map((sizes) => {
      let at = start;
      return new Map(
        [...sizes].map(([name, size]) => {
          const place = { at, size };
          at += 4 * aligned(size);
          return [name, place];
        }),
      );
    });
  }

  private take(numbers: number): number {
    const at = this.end;
    this.end += 4 * aligned(numbers);
    this.threads.reserve(this.end);
    return at;
  }

  private view({ at, size }: Place): Float32Array {
    return new Float32Array(this.threads.memory.buffer, at, size);
  }
}

function inputSizes(cuts: readonly ScanCut[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { u, projected, channels, states, rank, order } of cuts) {
    sizes.set(u, order.length * channels);
    sizes.set(projected, order.length * order.directions * (rank + 2 * states));
  }
  return sizes;
}

function outputSizes(cuts: readonly ScanCut[]): Map<string, number> {
  return new Map(cuts.map(({ y, channels, order }) => [y, order.length * channels]));
}

/** Numbers that whole cache lines hold. */
function aligned(numbers: number): number {
  return Math.ceil(numbers / 16) * 16;
}

function total(sizes: Map<string, number>): number {
  return [...sizes.values()].reduce((sum, size) => sum + aligned(size), 0);
}
