import type { ClassCalibration } from '../../anomaly/calibration.js';
import { topShareScore } from '../../anomaly/top-share.js';
import { encoderConstants, encoderMaps, type FrozenEncoder } from '../../models/encoders/frozen-encoder.js';
import type { DetectorDescription, ModelManifest } from '../../models/model-folder.js';
import { trainedFamily } from '../../models/registry.js';
import { NamedWeights } from '../../nn/named-weights.js';
import type { ParameterBlock } from '../../nn/parameter-block.js';
import type { GraphOps } from '../../ops/graph-ops.js';

type Describing = Omit<DetectorDescription, 'preset' | 'encoder' | 'input_size'>;

/** Names of a detector graph's inputs and outputs. */
export const detectorNames = {
  /** uint8 `[B,H,W,3]`, RGB at the model's input size. */
  images: 'images',
  /** float32 `[B,H,W,C]` of each scale, as the encoder gives them. */
  features: (scale: number) => `features.${scale}`,
  /** float32 `[B,S,S]`. */
  map: 'anomaly_map',
  /** float32 `[B]`: maximum of the map, or what the model has in its place. */
  rawScore: 'raw_score',
  /** float32 `[B]` in 0…1: 0.5 at the threshold of all classes together. */
  score: 'score',
  /** float32 `[B,N]`: the same by the limits of each class, in the order of the metadata's `classes`. */
  classScores: 'class_scores',
};

/** Writes encoder and preprocessing: bytes in, feature maps out. */
export function writeEncoder<T>(ops: GraphOps<T>, encoder: FrozenEncoder): T[] {
  const [width, height] = encoder.network.inputSize;
  const pixels = ops.byteInput(detectorNames.images, [-1, height, width, 3]);
  return encoderMaps(ops, encoder, encoderConstants(ops, encoder), pixels);
}

/** Declares feature maps as inputs, for callers that have an encoder of their own. */
export function featureInputs<T>(ops: GraphOps<T>, { features }: Pick<Describing, 'features'>): T[] {
  return features.map((shape, scale) => ops.input(detectorNames.features(scale), [-1, ...shape]));
}

/** Writes a trained detector behind feature maps; makes map and raw score outputs and returns the raw score. */
export function writeDetector<T>(
  ops: GraphOps<T>,
  { family, config, feature_scale, map_size, top_share }: Describing,
  block: ParameterBlock,
  features: readonly T[],
): T {
  const { reconstruct, anomalyMap, imageScore } = trainedFamily(family);
  const constants = block.slots.map(
    (slot) => [slot.spec.name, ops.constant(block.view(slot), slot.shape)] as const,
  );
  const scaled = features.map((map, i) =>
    feature_scale[i] === 1 ? map : ops.scale(map, 1 / feature_scale[i]!),
  );
  const reconstruction = reconstruct(ops, new NamedWeights(new Map(constants)), scaled, config);
  const map = anomalyMap(ops, reconstruction, map_size);
  const rawScore = top_share === undefined ? imageScore(ops, map) : topShareScore(ops, map, top_share);
  ops.output(detectorNames.map, map);
  ops.output(detectorNames.rawScore, rawScore);
  return rawScore;
}

/** Writes the calibrated scores (anomaly/verdict.ts), by the limits of all classes together and of each. */
export function writeCalibration<T>(
  ops: GraphOps<T>,
  rawScore: T,
  { calibration }: Pick<ModelManifest, 'calibration'>,
): void {
  ops.output(detectorNames.score, calibrated(ops, rawScore, [calibration.pooled]));
  const limits = calibration.classes.map((entry) => entry.limits);
  ops.output(detectorNames.classScores, calibrated(ops, ops.reshape(rawScore, [-1, 1]), limits));
}

/** `(1 + x / (1 + |x|)) / 2` with x the distance from the threshold in units of the spread; `[B,1]` → `[B,N]`. */
function calibrated<T>(ops: GraphOps<T>, rawScore: T, limits: readonly ClassCalibration[]): T {
  const constant = (value: (limits: ClassCalibration) => number) =>
    ops.constant(Float32Array.from(limits, value), [limits.length]);
  const distance = ops.sub(
    rawScore,
    constant(({ threshold }) => threshold),
  );
  const x = ops.div(
    distance,
    constant(({ scale }) => scale),
  );
  const size = ops.maximum(x, 0);
  const magnitude = ops.add(size, ops.maximum(ops.scale(x, -1), 0));
  return ops.scale(ops.shift(ops.div(x, ops.shift(magnitude, 1)), 1), 0.5);
}
