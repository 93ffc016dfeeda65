import { Calibrator } from '../../../src/core/anomaly/calibration.js';
import { type FrozenEncoder, freezeEncoder } from '../../../src/core/models/encoders/frozen-encoder.js';
import { resnet34 } from '../../../src/core/models/encoders/residual-network.js';
import { type MambaConfig, paperConfig } from '../../../src/core/models/mambaad/config.js';
import type { LoadedModel } from '../../../src/core/models/model-folder.js';
import { familyNamed } from '../../../src/core/models/registry.js';
import { ParameterBlock } from '../../../src/core/nn/parameter-block.js';
import { createRandom } from '../../../src/core/nn/random.js';
import { formulaWeights } from '../models/encoders/golden-weights.js';

/** ResNet-34 with formula weights and few channels. */
export function smallEncoder(): FrozenEncoder {
  return freezeEncoder(resnet34, formulaWeights(resnet34), { channels: [8, 16, 32], seed: 1 }, 'formula');
}

/** A model with random weights and a calibration of its own. */
export function untrained({ hash, outputs }: FrozenEncoder): LoadedModel {
  const config: MambaConfig = { ...paperConfig, dims: [64, 32, 16, 8], depths: [1, 1, 1, 1], directions: 2 };
  const block = new ParameterBlock(familyNamed('mambaad').parameters(config, [8, 16, 32]));
  block.initialise(createRandom(3));
  const calibrator = new Calibrator();
  for (let i = 0; i < 40; i++) {
    calibrator.add('bottle', 0.2 + i / 200);
    calibrator.add('cable', 0.5 + i / 100);
  }
  const manifest: LoadedModel['manifest'] = {
    format: 'mambaad-model',
    version: 1,
    model: '0123456789abcdef',
    family: 'mambaad',
    preset: 'test',
    config,
    encoder: { name: 'resnet34', hash },
    input_size: [256, 256],
    features: outputs,
    feature_scale: [0.7, 1, 1.3],
    map_size: 256,
    classes: ['bottle', 'cable'],
    calibration: calibrator.finish(),
    provenance: {},
  };
  return { folder: 'test', manifest, block };
}
