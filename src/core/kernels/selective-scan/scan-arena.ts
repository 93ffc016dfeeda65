import type { ScanCut } from '../../ops/onnx/scan-cuts.js';
import { kernelModule } from '../wasm-module.js';

/** The part of wasm.as.ts that a forward pass needs. */
interface ForwardKernels {
  configure(length: number, channels: number, states: number, directions: number, segment: number): void;
  bindParameters(a: number, d: number, deltaBias: number, order: number): void;
  bindImage(u: number, delta: number, b: number, c: number): void;
  forwardWork(): number;
  forward(y: number, firstChannel: number, lastChannel: number, work: number, checkpoints: number): void;
}

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
  private readonly kernels: ForwardKernels;
  private readonly groups: Placed[][];
  /** Of every group, where each value that its scans read lies. */
  private readonly inputs: Map<string, { at: number; size: number }>[];
  private readonly outputs: Map<string, { at: number; size: number }>[];
  private readonly work: number;
  private end = page;

  constructor(groups: readonly (readonly ScanCut[])[]) {
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
    this.kernels = instance.exports as unknown as ForwardKernels;
    for (const placed of this.groups.flat()) this.load(placed);
  }

  /** The memory from which the scans of a group read the named value. */
  input(group: number, name: string): Float32Array {
    return this.view(this.inputs[group]!.get(name)!);
  }

  /**
   * Runs the scans of a group.
   *
   * @returns their outputs `[L,D]` by name, in memory that the scans of the next group overwrite
   */
  run(group: number): Map<string, Float32Array> {
    const results = new Map<string, Float32Array>();
    for (const { cut, a, d, deltaBias, order } of this.groups[group]!) {
      const place = this.outputs[group]!.get(cut.y)!;
      const y = this.view(place).fill(0);
      const { channels, states, order: visits } = cut;
      const { length, directions, segment } = visits;
      const at = (name: string) => this.inputs[group]!.get(name)!.at;
      // The kernel wants the directions of a pixel side by side; here they come one after the other, so each is a scan
      // of one direction, which adds to y.
      this.kernels.configure(length, channels, states, 1, segment);
      if (this.kernels.forwardWork() > workBytes)
        throw new Error('a scan needs more work memory than was kept');
      for (let k = 0; k < directions; k++) {
        const row = 4 * k * channels;
        this.kernels.bindParameters(a + row * states, d + row, deltaBias + row, order + 4 * k * length);
        const [pathD, pathN] = [4 * k * length * channels, 4 * k * length * states];
        this.kernels.bindImage(at(cut.u), at(cut.delta) + pathD, at(cut.b) + pathN, at(cut.c) + pathN);
        this.kernels.forward(place.at, 0, channels, this.work, 0);
      }
      results.set(cut.y, y);
    }
    return results;
  }

  private place(cut: ScanCut): Placed {
    const { a, d, deltaBias } = cut.parameters;
    const [atA, atD, atBias] = [a, d, deltaBias].map(({ length }) => this.take(length));
    return { cut, a: atA!, d: atD!, deltaBias: atBias!, order: this.take(cut.order.indices.length) };
  }

  private load({ cut, a, d, deltaBias, order }: Placed): void {
    const { parameters } = cut;
    const write = (at: number, values: Float32Array) => this.view({ at, size: values.length }).set(values);
    write(a, parameters.a);
    write(d, parameters.d);
    write(deltaBias, parameters.deltaBias);
    new Int32Array(this.memory.buffer, order, cut.order.indices.length).set(cut.order.indices);
  }

  private take(numbers: number): number {
    const at = this.end;
    this.end += Math.ceil(numbers / 16) * 64;
    return at;
  }

  private view({ at, size }: { at: number; size: number }): Float32Array {
    return new Float32Array(this.memory.buffer, at, size);
  }
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
