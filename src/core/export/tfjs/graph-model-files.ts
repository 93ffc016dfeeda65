import { floatToHalf } from '../../files/half-precision.js';
import type { GraphDefBuilder, GraphPort, GraphWeight } from './graph-def.js';

/** Most browsers cache files up to this size. */
const shardBytes = 4 << 20;

/** Smaller tensors (biases, norms, limits) keep their precision: they weigh nothing. */
const smallestHalved = 1024;

interface WeightEntry {
  name: string;
  shape: readonly number[];
  dtype: string;
  quantization?: { dtype: 'float16'; original_dtype: 'float32' };
}

/**
 * The files of a TensorFlow.js graph model by name: `model.json` and the weights in shards.
 *
 * @param half stores large weights as float16, which TensorFlow.js turns back when it loads them
 */
export function graphModelFiles(
  graph: GraphDefBuilder,
  metadata: Record<string, string>,
  { half = false } = {},
): Map<string, Uint8Array> {
  const entries: WeightEntry[] = [];
  const parts: Uint8Array[] = [];
  for (const weight of graph.weights()) {
    const { entry, bytes } = stored(weight, half);
    entries.push(entry);
    parts.push(bytes);
  }
  const shards = cut(Buffer.concat(parts));
  const model = {
    format: 'graph-model',
    generatedBy: 'mambaad',
    convertedBy: 'mambaad',
    signature: { inputs: ports(graph.inputs), outputs: ports(graph.outputs) },
    userDefinedMetadata: metadata,
    modelTopology: { node: graph.graph(), library: {}, versions: { producer: 1 } },
    weightsManifest: [{ paths: [...shards.keys()], weights: entries }],
  };
  return new Map([...shards, ['model.json', Buffer.from(JSON.stringify(model))]]);
}

function stored(
  { name, shape, dtype, data }: GraphWeight,
  half: boolean,
): { entry: WeightEntry; bytes: Uint8Array } {
  if (half && data instanceof Float32Array && data.length >= smallestHalved) {
    const quantization = { dtype: 'float16', original_dtype: 'float32' } as const;
    return { entry: { name, shape, dtype, quantization }, bytes: bytesOf(floatToHalf(data)) };
  }
  return { entry: { name, shape, dtype }, bytes: bytesOf(data) };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int32Array | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function cut(weights: Uint8Array): Map<string, Uint8Array> {
  const count = Math.max(1, Math.ceil(weights.byteLength / shardBytes));
  const shards = Array.from({ length: count }, (_, i) => [
    shardName(i),
    weights.subarray(i * shardBytes, (i + 1) * shardBytes),
  ]);
  return new Map(shards as [string, Uint8Array][]);
}

/** Of the shards; the first one marks a folder as ours. */
export function shardName(index: number): string {
  return `weights-${index + 1}.bin`;
}

function ports(list: readonly GraphPort[]): Record<string, unknown> {
  const described = list.map(({ name, dtype, shape }) => [
    name,
    { name: `${name}:0`, dtype, tensorShape: { dim: shape.map((side) => ({ size: String(side) })) } },
  ]);
  return Object.fromEntries(described);
}
