import { sizeOf } from '../../tensor.js';
import { type AttributeValue, attributes } from './attributes.js';
import {
  type DimProto,
  ElementType,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './messages.js';

/** Operator set of every graph we write: the first with LayerNormalization, understood since onnxruntime 1.12. */
export const OPSET = 17;
const IR_VERSION = 8;

export interface NodeOptions {
  attributes?: Record<string, AttributeValue>;
  domain?: string;
}

/** Collects nodes, initialisers, inputs and outputs of one ONNX graph, naming every value. */
export class GraphBuilder {
  readonly nodes: NodeProto[] = [];
  private readonly initializers = new Map<string, TensorProto>();
  private readonly inputs: ValueInfoProto[] = [];
  private readonly outputs: ValueInfoProto[] = [];
  private readonly shared = new Map<string, string>();
  private readonly described = new Map<string, ValueInfoProto>();
  private counter = 0;

  /** @param prefix Begins every name, so that a body graph never shadows the names around it. */
  constructor(private readonly prefix = '') {}

  input(name: string, shape: readonly number[], type: number = ElementType.float32): string {
    this.inputs.push(valueInfo(name, shape, type));
    return name;
  }

  /** Makes `value` an output under the given name. */
  output(name: string, value: string, shape: readonly number[], type: number = ElementType.float32): void {
    this.nodes.push({
      input: [value],
      output: [name],
      name: `output_${name}`,
      opType: 'Identity',
      attribute: [],
    });
    this.outputs.push(valueInfo(name, shape, type));
  }

  /** Makes `value` an output under the name it has: no copy, where a body runs thousands of times. */
  outputAsNamed(value: string, shape: readonly number[], type: number = ElementType.float32): void {
    this.outputs.push(valueInfo(value, shape, type));
  }

  /** Adds a node with one output and returns that output's name. */
  node(opType: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.nodeWithOutputs(opType, inputs, 1, options)[0]!;
  }

  nodeWithOutputs(
    opType: string,
    inputs: readonly string[],
    outputs: number,
    options: NodeOptions = {},
  ): string[] {
    const name = this.fresh(opType);
    const names = Array.from({ length: outputs }, (_, i) => (outputs === 1 ? name : `${name}.${i}`));
    this.nodes.push({
      input: [...inputs],
      output: names,
      name,
      opType,
      ...(options.domain && { domain: options.domain }),
      attribute: attributes(options.attributes ?? {}),
    });
    return names;
  }

  /** Notes what a value of the graph is, for those who cut it there. */
  describe(name: string, shape: readonly number[]): void {
    this.described.set(name, valueInfo(name, shape, ElementType.float32));
  }

  /** What `describe` was told of a value. */
  description(name: string): ValueInfoProto {
    const info = this.described.get(name);
    if (!info) throw new Error(`the graph was never told what ${name} is`);
    return info;
  }

  floats(values: Float32Array, shape: readonly number[], hint = 'weight'): string {
    if (values.length !== sizeOf(shape)) throw new Error(`${values.length} values for shape [${shape}]`);
    const name = this.fresh(hint);
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.initializers.set(name, { name, dims: [...shape], dataType: ElementType.float32, rawData });
    return name;
  }

  scalar(value: number): string {
    return this.once(`scalar ${value}`, () => this.floats(Float32Array.of(value), [], 'scalar'));
  }

  /** A 1-D int64 constant: shapes, axes, sizes. */
  integers(values: readonly number[]): string {
    return this.once(`integers ${values}`, () =>
      this.tensor(BigInt64Array.from(values, BigInt), [values.length], ElementType.int64),
    );
  }

  indices(values: Int32Array): string {
    return this.tensor(values, [values.length], ElementType.int32);
  }

  /** The graph so far, without initialisers that no node reads. */
  graph(name: string): GraphProto {
    const read = new Set(this.nodes.flatMap((node) => [...node.input, ...outerReads(node)]));
    return {
      name,
      node: this.nodes,
      initializer: [...this.initializers.values()].filter((tensor) => read.has(tensor.name)),
      input: this.inputs,
      output: this.outputs,
    };
  }

  model(name: string, metadata: Record<string, string> = {}): ModelProto {
    return {
      irVersion: IR_VERSION,
      producerName: 'mambaad',
      producerVersion: '',
      graph: this.graph(name),
      opsetImport: [{ domain: '', version: OPSET }],
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    };
  }

  private tensor(values: BigInt64Array | Int32Array, dims: number[], dataType: number): string {
    const name = this.fresh('integers');
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.initializers.set(name, { name, dims, dataType, rawData });
    return name;
  }

  private once(key: string, create: () => string): string {
    const known = this.shared.get(key) ?? create();
    this.shared.set(key, known);
    return known;
  }

  private fresh(hint: string): string {
    return `${this.prefix}${hint}_${this.counter++}`;
  }
}

function outerReads(node: NodeProto): string[] {
  return node.attribute.flatMap((a) => a.g?.node.flatMap((inner) => inner.input) ?? []);
}

function valueInfo(name: string, shape: readonly number[], elemType: number): ValueInfoProto {
  const dim: DimProto[] = shape.map((side) => (side < 0 ? { dimParam: 'batch' } : { dimValue: side }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
