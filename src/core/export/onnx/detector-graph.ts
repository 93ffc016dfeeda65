import type { ClassCalibration } from '../../anomaly/calibration.js';
import { encoderConstants, encoderMaps, type FrozenEncoder } from '../../models/encoders/frozen-encoder.js';
import type { DetectorDescription, ModelManifest } from '../../models/model-folder.js';
import { familyNamed } from '../../models/registry.js';
import { NamedWeights } from '../../nn/named-weights.js';
import type { ParameterBlock } from '../../nn/parameter-block.js';
import type { OnnxOps } from '../../ops/onnx/onnx-ops.js';
import type { OnnxValue } from '../../ops/onnx/onnx-value.js';
import { ElementType } from './messages.js';

type Describing = Pick<DetectorDescription, 'family' | 'config' | 'features' | 'feature_scale' | 'map_size'>;

/** Names of a detector graph's inputs and outputs. */
export const detectorNames = {
  /** uint8 `[B,H,W,3]`, RGB at the model's input size. */
  images: 'images',
  /** float32 `[B,H,W,C]` of each scale, as the encoder gives them. */
  features: (scale: number) => `features.${scale}`,
  /** int64 `[1]` or `[B]`: place in the metadata's `classes`; by default the limits of all classes together. */
  class: 'class',
  /** float32 `[B,S,S]`. */
  map: 'anomaly_map',
  /** float32 `[B]`: maximum of the map. */
  rawScore: 'raw_score',
  /** float32 `[B]` in 0…1: 0.5 at the class's threshold. */
  score: 'score',
};

/** Writes encoder and preprocessing: bytes in, feature maps out. */
export function writeEncoder(ops: OnnxOps, encoder: FrozenEncoder): OnnxValue[] {
  const [width, height] = encoder.network.inputSize;
  const pixels = ops.byteInput(detectorNames.images, [-1, height, width, 3]);
  return encoderMaps(ops, encoder, encoderConstants(ops, encoder), pixels);
}

/** Declares feature maps as inputs, for callers that have an encoder of their own. */
export function featureInputs(ops: OnnxOps, { features }: Pick<Describing, 'features'>): OnnxValue[] {
  return features.map((shape, scale) => ops.input(detectorNames.features(scale), [-1, ...shape]));
}

/** Writes a trained detector behind feature maps; makes map and raw score outputs and returns the raw score. */
export function writeDetector(
  ops: OnnxOps,
  { family, config, feature_scale, map_size }: Describing,
  block: ParameterBlock,
  features: readonly OnnxValue[],
): OnnxValue {
  const { reconstruct, anomalyMap, imageScore } = familyNamed(family);
  const constants = block.slots.map(
    (slot) => [slot.spec.name, ops.constant(block.view(slot), slot.shape)] as const,
  );
  const scaled = features.map((map, i) =>
    feature_scale[i] === 1 ? map : ops.scale(map, 1 / feature_scale[i]!),
  );
  const reconstruction = reconstruct(ops, new NamedWeights(new Map(constants)), scaled, config);
  const map = anomalyMap(ops, reconstruction, map_size);
  const rawScore = imageScore(ops, map);
  ops.output(detectorNames.map, map);
  ops.output(detectorNames.rawScore, rawScore);
  return rawScore;
}

/**
 * Writes the calibrated score, `(1 + x / (1 + |x|)) / 2` with x the distance from the threshold in units of the class's
 * spread (anomaly/verdict.ts).
 */
export function writeCalibration(
  { graph }: OnnxOps,
  rawScore: OnnxValue,
  { calibration }: Pick<ModelManifest, 'calibration'>,
): void {
  const limits = [...calibration.classes.map((entry) => entry.limits), calibration.pooled];
  const index = graph.defaultedInput(detectorNames.class, [limits.length - 1]);
  const ofClass = (value: (limits: ClassCalibration) => number) =>
    graph.node('Gather', [graph.floats(Float32Array.from(limits, value), [limits.length], 'limits'), index]);
  const distance = graph.node('Sub', [rawScore.name(), ofClass(({ threshold }) => threshold)]);
  const x = graph.node('Div', [distance, ofClass(({ scale }) => scale)]);
  const bounded = graph.node('Div', [x, graph.node('Add', [graph.node('Abs', [x]), graph.scalar(1)])]);
  const score = graph.node('Mul', [graph.node('Add', [bounded, graph.scalar(1)]), graph.scalar(0.5)]);
  graph.output(detectorNames.score, score, [-1], ElementType.float32);
}
