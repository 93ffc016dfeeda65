import { writeFileAtomically } from '../../files/atomic.js';
import type { FrozenEncoder } from '../../models/encoders/frozen-encoder.js';
import type { LoadedModel } from '../../models/model-folder.js';
import { OnnxOps } from '../../ops/onnx/onnx-ops.js';
import { featureInputs, writeCalibration, writeDetector, writeEncoder } from './detector-graph.js';
import { withHalfWeights } from './half-weights.js';
import { encodeModel, type ModelProto } from './messages.js';

export interface OnnxOptions {
  /** Puts encoder and preprocessing inside: RGB bytes go in. Without it the encoder's maps do. */
  encoder?: FrozenEncoder | undefined;
  /** Stores large weights as float16: half the file, the arithmetic stays float32. */
  half?: boolean | undefined;
}

/**
 * A trained detector as one ONNX model of standard operators: inputs and outputs as `detectorNames` says, the batch side
 * open, everything that a verdict needs in its metadata.
 */
export function detectorModel(
  { manifest, block }: LoadedModel,
  { encoder, half = false }: OnnxOptions,
): ModelProto {
  const ops = new OnnxOps();
  const features = encoder ? writeEncoder(ops, encoder) : featureInputs(ops, manifest);
  const rawScore = writeDetector(ops, manifest, block, features);
  writeCalibration(ops, rawScore, manifest);
  const { model, family, preset, classes, calibration, input_size, map_size } = manifest;
  const metadata = {
    model,
    family,
    preset,
    encoder: JSON.stringify(manifest.encoder),
    // The order of class_scores.
    classes: JSON.stringify(calibration.classes.map((entry) => entry.class)),
    trained_classes: JSON.stringify(classes),
    calibration: JSON.stringify(calibration),
    input_size: JSON.stringify(input_size),
    map_size: String(map_size),
    input: encoder ? 'RGB bytes [B,H,W,3], resized to input_size' : 'feature maps of the encoder',
  };
  const proto = ops.graph.model(`${family}-${preset}`, metadata);
  return half ? withHalfWeights(proto) : proto;
}

/**
 * Writes `detectorModel` to a file.
 *
 * @returns size in bytes
 * @throws OutputError, IoError when the file cannot be written
 */
export async function exportOnnx(model: LoadedModel, path: string, options: OnnxOptions): Promise<number> {
  const bytes = encodeModel(detectorModel(model, options));
  await writeFileAtomically(path, bytes);
  return bytes.byteLength;
}
