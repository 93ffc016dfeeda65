import { createHash } from 'node:crypto';
import { sizeOf } from '../../tensor.js';

/** Types of tensors, as TensorFlow's graphs call them. */
export type DataType = 'DT_FLOAT' | 'DT_INT32';

/** Attribute of a node in the JSON form of TensorFlow's `GraphDef`. */
export type Attribute =
  | { type: DataType }
  | { i: string }
  | { f: number }
  | { b: boolean }
  | { s: string }
  | { shape: Shape }
  | { list: { i: string[] } }
  | { tensor: { dtype: DataType; tensorShape: Shape } };

interface Shape {
  dim: { size: string }[];
}

export interface NodeDef {
  name: string;
  op: string;
  input: string[];
  attr: Record<string, Attribute>;
}

/** A constant of the graph: its numbers go to the weight files. */
export interface GraphWeight {
  name: string;
  shape: readonly number[];
  dtype: 'float32' | 'int32';
  data: Float32Array | Int32Array;
}

/** An input or output of the whole graph. */
export interface GraphPort {
  name: string;
  dtype: DataType;
  /** -1 for the batch. */
  shape: readonly number[];
}

export const attribute = {
  integer: (value: number): Attribute => ({ i: String(value) }),
  integers: (values: readonly number[]): Attribute => ({ list: { i: values.map(String) } }),
  flag: (value: boolean): Attribute => ({ b: value }),
  text: (value: string): Attribute => ({ s: Buffer.from(value).toString('base64') }),
  type: (value: DataType): Attribute => ({ type: value }),
};

/** Collects nodes, constants, inputs and outputs of a TensorFlow graph, naming every value. */
export class GraphDefBuilder {
  readonly nodes: NodeDef[] = [];
  readonly inputs: GraphPort[] = [];
  readonly outputs: GraphPort[] = [];
  private readonly constants = new Map<string, GraphWeight>();
  private readonly shared = new Map<string, string>();
  private counter = 0;

  input(name: string, shape: readonly number[], dtype: DataType = 'DT_FLOAT'): string {
    this.inputs.push({ name, dtype, shape });
    this.nodes.push({
      name,
      op: 'Placeholder',
      input: [],
      attr: { dtype: { type: dtype }, shape: { shape: shapeOf(shape) } },
    });
    return name;
  }

  /** Makes `value` an output under the given name. */
  output(name: string, value: string, shape: readonly number[]): void {
    this.nodes.push({ name, op: 'Identity', input: [value], attr: { T: attribute.type('DT_FLOAT') } });
    this.outputs.push({ name, dtype: 'DT_FLOAT', shape });
  }

  /** Adds a node and returns its name, which stands for its first output; output i is `name:i`. */
  node(op: string, input: readonly string[], attr: Record<string, Attribute> = {}): string {
    const name = this.fresh(op);
    this.nodes.push({ name, op, input: [...input], attr: { T: attribute.type('DT_FLOAT'), ...attr } });
    return name;
  }

  floats(data: Float32Array, shape: readonly number[]): string {
    if (data.length !== sizeOf(shape)) throw new Error(`${data.length} values for shape [${shape}]`);
    return this.constant({ name: this.fresh('weight'), shape, dtype: 'float32', data });
  }

  scalar(value: number): string {
    return this.once(`scalar ${value}`, () => this.floats(Float32Array.of(value), []));
  }

  /** Shapes, axes, sizes. */
  integers(values: readonly number[]): string {
    return this.once(`integers ${values}`, () => this.indices(Int32Array.from(values), [values.length]));
  }

  /** One axis, without dimensions. */
  axis(value: number): string {
    return this.once(`axis ${value}`, () => this.indices(Int32Array.of(value), []));
  }

  /** Equal ones are written once: visiting orders come back in every block. */
  indices(data: Int32Array, shape: readonly number[] = [data.length]): string {
    const digest = createHash('sha256').update(data).digest('hex');
    return this.once(`indices ${shape} ${digest}`, () =>
      this.constant({ name: this.fresh('integers'), shape, dtype: 'int32', data }),
    );
  }

  /** The constants that some node reads. */
  weights(): GraphWeight[] {
    const read = new Set(this.nodes.flatMap((node) => node.input));
    return [...this.constants.values()].filter(({ name }) => read.has(name));
  }

  /** All nodes, constants first. */
  graph(): NodeDef[] {
    const constants = this.weights().map(({ name, shape, dtype }): NodeDef => {
      const type = dtype === 'float32' ? 'DT_FLOAT' : 'DT_INT32';
      const value = { tensor: { dtype: type, tensorShape: shapeOf(shape) } } as const;
      return { name, op: 'Const', input: [], attr: { dtype: { type }, value } };
    });
    return [...constants, ...this.nodes];
  }

  private constant(weight: GraphWeight): string {
    this.constants.set(weight.name, weight);
    return weight.name;
  }

  private once(key: string, create: () => string): string {
    const known = this.shared.get(key) ?? create();
    this.shared.set(key, known);
    return known;
  }

  private fresh(hint: string): string {
    return `${hint}_${this.counter++}`;
  }
}

function shapeOf(sides: readonly number[]): Shape {
  return { dim: sides.map((side) => ({ size: String(side) })) };
}
