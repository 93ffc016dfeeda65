import type { ScanCut } from '../../ops/onnx/scan-cuts.js';
import { kernelModule } from '../wasm-module.js';
import { runShare, type ScanJob } from './scan-job.js';
import type { ScanKernels } from './scan-kernels.js';
import { ScanThreads } from './scan-threads.js';

interface Placed {
  cut: ScanCut;
  a: number;
  d: number;
  deltaBias: number;
  order: number;
}

const page = 65_536;
// Enough for a tile of a panel of some dozen states; the kernel says what it needs only once it is there.
const workBytes = 16 * page;

/**
 * Runs scans outside TensorFlow.js, in memory of its own that never grows, so that other code may write inputs straight
 * into it. The scans come in groups that run one after the other; groups share memory for their inputs.
 */
export class ScanArena {
  private readonly memory: WebAssembly.Memory;
  private readonly kernels: ScanKernels;
  private readonly threads: ScanThreads | undefined;
  private readonly groups: Placed[][];
  /** Of every group, where each value that its scans read lies. */
  private readonly inputs: Map<string, { at: number; size: number }>[];
  private readonly outputs: Map<string, { at: number; size: number }>[];
  private readonly work: number;
  private end: number;

  /**
   * @param threads that share each scan. What they need is copied to memory that they share, since other code may not
   *   be able to write into such memory; worth it for one picture at a time.
   */
  constructor(groups: readonly (readonly ScanCut[])[], threads = 1) {
    this.threads = threads > 1 ? new ScanThreads(threads) : undefined;
    // The same addresses in both memories.
    this.end = this.threads?.dataStart ?? page;
    this.groups = groups.map((cuts) => cuts.map((cut) => this.place(cut)));
    const outputStart = this.take(Math.max(0, ...groups.map((cuts) => total(outputSizes(cuts)))));
    this.outputs = groups.map((cuts) => laidOut(outputSizes(cuts), outputStart));
    const inputStart = this.take(Math.max(0, ...groups.map((cuts) => total(inputSizes(cuts)))));
    this.inputs = groups.map((cuts) => laidOut(inputSizes(cuts), inputStart));
    this.work = this.take(workBytes / 4);
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(this.end / page) });
    const instance = new WebAssembly.Instance(kernelModule('selective-scan'), {
      env: { memory: this.memory },
    });
    this.kernels = instance.exports as unknown as ScanKernels;
    this.threads?.reserve(this.end);
    for (const placed of this.groups.flat()) this.load(placed);
  }

  /** The memory from which the scans of a group read the named value. */
  input(group: number, name: string): Float32Array {
    return view(this.memory, this.inputs[group]!.get(name)!);
  }

  /**
   * Runs the scans of a group.
   *
   * @returns their outputs `[L,D]` by name, in memory that the scans of the next group overwrite
   */
  run(group: number): Map<string, Float32Array> {
    const shared = this.threads && this.threads.running > 1 ? this.threads : undefined;
    const memory = shared?.memory ?? this.memory;
    const outputs = this.outputs[group]!;
    for (const place of outputs.values()) view(memory, place).fill(0);
    const jobs = this.groups[group]!.flatMap((placed) => this.jobs(group, placed));
    if (shared) {
      for (const place of this.inputs[group]!.values()) view(memory, place).set(view(this.memory, place));
      shared.run(jobs);
    } else {
      for (const job of jobs) this.runAlone(job);
    }
    return new Map([...outputs].map(([name, place]) => [name, view(memory, place)]));
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.threads?.close();
  }

  /**
   * The kernel wants the directions of a pixel side by side; here they come one after the other, so each is a scan of
   * one direction, which adds to y.
   */
  private jobs(group: number, { cut, a, d, deltaBias, order }: Placed): ScanJob[] {
    const { channels, states, order: visits } = cut;
    const { length, directions, segment } = visits;
    const at = (name: string) => this.inputs[group]!.get(name)!.at;
    const y = this.outputs[group]!.get(cut.y)!.at;
    return Array.from({ length: directions }, (_, k) => {
      const row = 4 * k * channels;
      const [pathD, pathN] = [4 * k * length * channels, 4 * k * length * states];
      const parameters = { a: a + row * states, d: d + row, deltaBias: deltaBias + row };
      const steps = {
        u: at(cut.u),
        delta: at(cut.delta) + pathD,
        b: at(cut.b) + pathN,
        c: at(cut.c) + pathN,
      };
      return {
        ...{ length, channels, states, directions: 1, segment, order: order + 4 * k * length, y },
        ...parameters,
        ...steps,
      };
    });
  }

  private runAlone(job: ScanJob): void {
    this.kernels.configure(job.length, job.channels, job.states, job.directions, job.segment);
    if (this.kernels.forwardWork() > workBytes)
      throw new Error('a scan needs more work memory than was kept');
    runShare(this.kernels, job, 0, 1, this.work);
  }

  private place(cut: ScanCut): Placed {
    const { a, d, deltaBias } = cut.parameters;
    const [atA, atD, atBias] = [a, d, deltaBias].map(({ length }) => this.take(length));
    return { cut, a: atA!, d: atD!, deltaBias: atBias!, order: this.take(cut.order.indices.length) };
  }

  private load({ cut, a, d, deltaBias, order }: Placed): void {
    const { parameters } = cut;
    for (const memory of [this.memory, ...(this.threads ? [this.threads.memory] : [])]) {
      const write = (at: number, values: Float32Array) =>
        view(memory, { at, size: values.length }).set(values);
      write(a, parameters.a);
      write(d, parameters.d);
      write(deltaBias, parameters.deltaBias);
      new Int32Array(memory.buffer, order, cut.order.indices.length).set(cut.order.indices);
    }
  }

  private take(numbers: number): number {
    const at = this.end;
    this.end += Math.ceil(numbers / 16) * 64;
    return at;
  }
}

function view(
  memory: WebAssembly.Memory,
  { at, size }: { at: number; size: number },
): Float32Array<ArrayBuffer> {
  // A view of shared memory serves where one of private memory does, but for the type.
  return new Float32Array(memory.buffer as ArrayBuffer, at, size);
}

function inputSizes(cuts: readonly ScanCut[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { u, delta, b, c, channels, states, order } of cuts) {
    sizes.set(u, order.length * channels);
    sizes.set(delta, order.length * order.directions * channels);
    for (const name of [b, c]) sizes.set(name, order.length * order.directions * states);
  }
  return sizes;
}

function outputSizes(cuts: readonly ScanCut[]): Map<string, number> {
  return new Map(cuts.map(({ y, channels, order }) => [y, order.length * channels]));
}

function laidOut(sizes: Map<string, number>, start: number): Map<string, { at: number; size: number }> {
  let at = start;
  return new Map(
    [...sizes].map(([name, size]) => {
      const place = { at, size };
      at += Math.ceil(size / 16) * 64;
      return [name, place];
    }),
  );
}

/** Numbers that `laidOut` takes. */
function total(sizes: Map<string, number>): number {
  return [...sizes.values()].reduce((sum, size) => sum + Math.ceil(size / 16) * 16, 0);
}
