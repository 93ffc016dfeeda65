import type { GraphDefBuilder } from '../../export/tfjs/graph-def.js';

/** A value of the graph under construction. Constants are written when a node first reads them. */
export class GraphValue {
  private constructor(
    private readonly graph: GraphDefBuilder,
    /** As the networks see it; -1 for the batch. */
    readonly shape: readonly number[],
    private written: string | undefined,
    /** The numbers themselves, where they are known when the graph is written. */
    readonly data?: Float32Array,
    /** The same value `[B,L,K,C]` with its groups first, `[B,K,L,C]`, where it was made so. */
    readonly groupsFirst?: string,
  ) {}

  static of(graph: GraphDefBuilder, shape: readonly number[], name: string): GraphValue {
    return new GraphValue(graph, shape, name);
  }

  static constant(graph: GraphDefBuilder, shape: readonly number[], data: Float32Array): GraphValue {
    return new GraphValue(graph, shape, undefined, data);
  }

  /** @param name of `[B,K,L,C]`, turned to `[B,L,K,C]` only for those who ask */
  static grouped(graph: GraphDefBuilder, shape: readonly number[], name: string): GraphValue {
    return new GraphValue(graph, shape, undefined, undefined, name);
  }

  get rank(): number {
    return this.shape.length;
  }

  get name(): string {
    this.written ??= this.data
      ? this.graph.floats(this.data, this.shape)
      : this.graph.node('Transpose', [this.groupsFirst!, this.graph.integers([0, 2, 1, 3])]);
    return this.written;
  }
}
