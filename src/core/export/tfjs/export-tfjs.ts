import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../files/atomic.js';
import { publishDirectory, stagingFolder } from '../../files/publish-directory.js';
import type { LoadedModel } from '../../models/model-folder.js';
import { GraphModelOps } from '../../ops/graph-model/graph-model-ops.js';
import { detectorMetadata } from '../detector-metadata.js';
import type { GraphExportOptions } from '../export-options.js';
import { featureInputs, writeCalibration, writeDetector, writeEncoder } from '../onnx/detector-graph.js';
import { graphModelFiles, shardName } from './graph-model-files.js';

/** A trained detector as the files of a TensorFlow.js graph model: what `detectorModel` is for ONNX. */
export function detectorGraphModel(
  { manifest, block }: LoadedModel,
  { encoder, half = false }: GraphExportOptions,
): Map<string, Uint8Array> {
  const ops = new GraphModelOps();
  const features = encoder ? writeEncoder(ops, encoder) : featureInputs(ops, manifest);
  const rawScore = writeDetector(ops, manifest, block, features);
  writeCalibration(ops, rawScore, manifest);
  const metadata = detectorMetadata(manifest, encoder ? 'images' : 'features');
  return graphModelFiles(ops.graph, metadata, { half });
}

/**
 * Writes `detectorGraphModel` as a folder, which appears whole or not at all.
 *
 * @returns size in bytes
 * @throws OutputError when something else is in its place, or the folder cannot be written; IoError
 */
export async function exportTfjs(
  model: LoadedModel,
  folder: string,
  options: GraphExportOptions,
): Promise<number> {
  const files = detectorGraphModel(model, options);
  const staging = await stagingFolder(folder);
  try {
    for (const [name, bytes] of files) await writeFileAtomically(join(staging, name), bytes);
    await publishDirectory(staging, folder, shardName(0));
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
  return [...files.values()].reduce((sum, bytes) => sum + bytes.byteLength, 0);
}
