import { cutNode, type ScanCut } from '../../ops/onnx/scan-cuts.js';
import { OPSET } from './graph-builder.js';
import type { GraphProto, ModelProto, NodeProto, ValueInfoProto } from './messages.js';

/** A stretch of a split graph: a model of standard operators, and the scans that follow on it. */
export interface GraphStage {
  readonly model: ModelProto;
  /** Values the model reads: inputs of the whole, or made by earlier stages. */
  readonly reads: readonly string[];
  /** Values the model makes that somebody else reads. */
  readonly makes: readonly string[];
  readonly scans: readonly ScanCut[];
}

/** A graph cut at its scans. */
export interface SplitGraph {
  readonly stages: readonly GraphStage[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * Splits a graph at the scans that were left out of it. Every node goes to the earliest stage in which its inputs are
 * known, so that stage s runs after the scans of stage s−1.
 *
 * @param shapeOf the shape of a value, -1 for the batch; all values between stages are float32
 */
export function splitGraph(
  graph: GraphProto,
  cuts: readonly ScanCut[],
  describe: (value: string) => ValueInfoProto,
): SplitGraph {
  const stageOfValue = new Map<string, number>(graph.input.map(({ name }) => [name, 0]));
  const stageOfNode = graph.node.map((node) => {
    const stage = Math.max(0, ...node.input.map((name) => stageOfValue.get(name) ?? 0));
    for (const name of node.output) stageOfValue.set(name, isCut(node) ? stage + 1 : stage);
    return stage;
  });
  const count = Math.max(...stageOfNode) + 1;
  const scansOf = (stage: number) => cuts.filter(({ y }) => stageOfValue.get(y) === stage + 1);
  const nodesOf = (stage: number) => graph.node.filter((node, i) => stageOfNode[i] === stage && !isCut(node));
  const all = Array.from({ length: count }, (_, stage) => ({ nodes: nodesOf(stage), scans: scansOf(stage) }));
  const outputs = graph.output.map(({ name }) => name);
  const known = new Map([...graph.input, ...graph.output].map((info) => [info.name, info]));
  const stages = all.map(({ nodes, scans }, s) => {
    const made = new Set(nodes.flatMap((node) => node.output));
    const wanted = new Set([
      ...outputs,
      ...scans.flatMap(({ u, projected }) => [u, projected]),
      ...all
        .slice(s + 1)
        .flatMap((later) => [
          ...later.nodes.flatMap((node) => node.input),
          ...later.scans.flatMap(({ u, projected }) => [u, projected]),
        ]),
    ]);
    const initialisers = new Set(graph.initializer.map(({ name }) => name));
    const reads = new Set(
      nodes
        .flatMap((node) => node.input)
        .filter((name) => name && !made.has(name) && !initialisers.has(name)),
    );
    const makes = [...made].filter((name) => wanted.has(name));
    const info = (name: string) => known.get(name) ?? describe(name);
    const model = stageModel(graph, nodes, [...reads].map(info), makes.map(info), `stage${s}`);
    return { model, reads: [...reads], makes, scans };
  });
  return { stages, inputs: graph.input.map(({ name }) => name), outputs };
}

function isCut(node: NodeProto): boolean {
  return node.domain === cutNode.domain && node.opType === cutNode.opType;
}

function stageModel(
  whole: GraphProto,
  node: NodeProto[],
  input: ValueInfoProto[],
  output: ValueInfoProto[],
  name: string,
): ModelProto {
  const read = new Set(node.flatMap((n) => n.input));
  return {
    irVersion: 8,
    producerName: 'mambaad',
    producerVersion: '',
    graph: {
      name,
      node,
      initializer: whole.initializer.filter((tensor) => read.has(tensor.name)),
      input,
      output,
    },
    opsetImport: [{ domain: '', version: OPSET }],
    metadataProps: [],
  };
}
