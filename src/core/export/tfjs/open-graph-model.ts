import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GraphModel, io } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';

interface ModelJson {
  modelTopology: object;
  signature: object;
  weightsManifest: { paths: string[]; weights: io.WeightsManifestEntry[] }[];
}

/** Loads the folder of a graph model into TensorFlow.js, on whatever backend is current. */
export async function openGraphModel(folder: string): Promise<GraphModel> {
  const json = await readFile(join(folder, 'model.json'));
  const files = new Map<string, Uint8Array>([['model.json', json]]);
  for (const path of shardsOf(parsed(json))) files.set(path, await readFile(join(folder, path)));
  return openGraphModelFiles(files);
}

/** The same from files in memory, by name. */
export function openGraphModelFiles(files: ReadonlyMap<string, Uint8Array>): Promise<GraphModel> {
  const model = parsed(files.get('model.json')!);
  const weights = Buffer.concat(shardsOf(model).map((path) => files.get(path)!));
  const artifacts = {
    modelTopology: model.modelTopology,
    signature: model.signature as io.ModelArtifacts['signature'],
    weightSpecs: model.weightsManifest.flatMap((group) => group.weights),
    weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength),
  } as io.ModelArtifacts;
  return tf.loadGraphModel(tf.io.fromMemory(artifacts));
}

function parsed(json: Uint8Array): ModelJson {
  return JSON.parse(Buffer.from(json).toString()) as ModelJson;
}

function shardsOf({ weightsManifest }: ModelJson): string[] {
  return weightsManifest.flatMap((group) => group.paths);
}
