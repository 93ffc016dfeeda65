import { trainedFamily } from '../../../src/core/models/registry.js';
import { ParameterBlock } from '../../../src/core/nn/parameter-block.js';
import { createRandom } from '../../../src/core/nn/random.js';

const features = [
  [32, 32, 4],
  [16, 16, 8],
  [8, 8, 16],
];
const mamba = { dims: [32, 16, 8, 4], depths: [1, 1, 1, 1] };
const changes: Record<string, object> = {
  mambaad: mamba,
  'pyramid-mamba': mamba,
  rd4ad: { channels: null, depths: [1, 1, 1] },
  uniad: { hidden: 16, heads: 2, feedForward: 32, side: 8, encoderLayers: 1, decoderLayers: 1 },
};

/** Every family with a network. */
export const networkFamilies = Object.keys(changes);

/** A small, untrained detector of a family. */
export function smallDetector(name: string) {
  const family = trainedFamily(name);
  const config = { ...(family.presets.small as object), ...changes[name] };
  const block = new ParameterBlock(family.parameters(config, [4, 8, 16]));
  block.initialise(createRandom(11));
  const description = { family: name, config, features, feature_scale: [1, 2, 0.5], map_size: 64 };
  return { description, block };
}

/** The maps of one image that such a detector takes, fine to coarse. */
export function smallFeatures(): Float32Array[] {
  const random = createRandom(2);
  return features.map((shape) =>
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
  );
}
