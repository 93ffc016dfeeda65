import { writeFileAtomically } from '../../files/atomic.js';
import type { LoadedModel } from '../../models/model-folder.js';
import { OnnxOps } from '../../ops/onnx/onnx-ops.js';
import { detectorMetadata } from '../detector-metadata.js';
import type { GraphExportOptions } from '../export-options.js';
import { featureInputs, writeCalibration, writeDetector, writeEncoder } from './detector-graph.js';
import { withHalfWeights } from './half-weights.js';
import { encodeModel, type ModelProto } from './messages.js';

/**
 * A trained detector as one ONNX model of standard operators: inputs and outputs as `detectorNames` says, the batch side
 * open, everything that a verdict needs in its metadata.
 */
export function detectorModel(
  { manifest, block }: LoadedModel,
  { encoder, half = false }: GraphExportOptions,
): ModelProto {
  const ops = new OnnxOps();
  const features = encoder ? writeEncoder(ops, encoder) : featureInputs(ops, manifest);
  const rawScore = writeDetector(ops, manifest, block, features);
  writeCalibration(ops, rawScore, manifest);
  const metadata = detectorMetadata(manifest, encoder ? 'images' : 'features');
  const proto = ops.graph.model(`${manifest.family}-${manifest.preset}`, metadata);
  return half ? withHalfWeights(proto) : proto;
}

/**
 * Writes `detectorModel` to a file.
 *
 * @returns size in bytes
 * @throws OutputError, IoError when the file cannot be written
 */
export async function exportOnnx(
  model: LoadedModel,
  path: string,
  options: GraphExportOptions,
): Promise<number> {
  const bytes = encodeModel(detectorModel(model, options));
  await writeFileAtomically(path, bytes);
  return bytes.byteLength;
}
