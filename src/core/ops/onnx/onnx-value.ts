import type { GraphBuilder } from '../../export/onnx/graph-builder.js';
import { permute } from '../../nn/layout.js';

/**
 * How a value with four axes may lie in the graph, as the order of its axes: as the networks see it; a map `[B,H,W,C]`
 * with its channels before height and width; groups `[B,L,K,C]` one after the other.
 */
export const heldAxes = {
  logical: [0, 1, 2, 3],
  channelsFirst: [0, 3, 1, 2],
  groupsFirst: [0, 2, 1, 3],
} as const;

export type Held = keyof typeof heldAxes;

/**
 * A value of the graph under construction. Maps `[B,H,W,C]` may be held channels-first, as ONNX convolutions want
 * them, and are transposed only when an operation needs the other layout.
 */
export class OnnxValue {
  private readonly names = new Map<Held, string>();

  /** @param shape as the networks see it; -1 for the batch */
  private constructor(
    private readonly graph: GraphBuilder,
    readonly shape: readonly number[],
    /** The numbers themselves, where they are known when the graph is written. */
    readonly data?: Float32Array,
  ) {}

  static of(graph: GraphBuilder, shape: readonly number[], name: string, held: Held = 'logical'): OnnxValue {
    const value = new OnnxValue(graph, shape);
    value.setName(held, name);
    return value;
  }

  /** A constant; it becomes an initialiser in whichever layout it is first asked for. */
  static constant(graph: GraphBuilder, shape: readonly number[], data: Float32Array): OnnxValue {
    return new OnnxValue(graph, shape, data);
  }

  get rank(): number {
    return this.shape.length;
  }

  /** Whether reading it in this layout costs nothing. */
  isHeld(held: Held): boolean {
    return this.names.has(held) || this.data !== undefined;
  }

  /** The layout it should be worked on in, when the operation does not care. */
  get preferred(): Held {
    const [first] = this.names.keys();
    return this.isHeld('logical') || first === undefined ? 'logical' : first;
  }

  /** Name of the value in the given layout. */
  name(held: Held = 'logical'): string {
    const known = this.names.get(held);
    if (known !== undefined) return known;
    const name = this.data ? this.initialise(this.data, held) : this.convert(held);
    this.setName(held, name);
    return name;
  }

  /** A constant with its axes permuted, for operators that want weights in another order; a node otherwise. */
  permuted(permutation: readonly number[]): string {
    if (!this.data) {
      return this.graph.node('Transpose', [this.name()], { attributes: { perm: permutation } });
    }
    const shape = permutation.map((axis) => this.shape[axis]!);
    return this.graph.floats(permute(this.data, this.shape, permutation), shape);
  }

  private setName(held: Held, name: string): void {
    this.names.set(held, name);
    const shape = held === 'logical' ? this.shape : heldAxes[held].map((axis) => asMap(this.shape)[axis]!);
    this.graph.describe(name, shape);
  }

  private initialise(data: Float32Array, held: Held): string {
    if (held === 'logical') return this.graph.floats(data, this.shape);
    const shape = asMap(this.shape);
    const order = heldAxes[held].map((axis) => shape[axis]!);
    return this.graph.floats(permute(data, shape, heldAxes[held]), order);
  }

  private convert(held: Held): string {
    const [from, source] = [...this.names][0]!;
    if (this.rank === 4) {
      const present: readonly number[] = heldAxes[from];
      const perm = heldAxes[held].map((axis) => present.indexOf(axis));
      return this.graph.node('Transpose', [source], { attributes: { perm } });
    }
    // A vector over the channels that meets a map held otherwise.
    const shape = heldAxes[held].map((axis) => asMap(this.shape)[axis]!);
    return this.graph.node('Reshape', [source, this.graph.integers(shape)]);
  }
}

/** A shape of fewer axes as that of a map, by the broadcasting rule. */
function asMap(shape: readonly number[]): number[] {
  if (shape.length < 4 && shape.slice(0, -1).some((side) => side !== 1)) {
    throw new Error(`[${shape}] cannot be broadcast over a map held otherwise`);
  }
  return [...new Array<number>(4 - shape.length).fill(1), ...shape];
}
