import { join } from 'node:path';
import { float32Tensor, writeSafetensors } from '../../../src/core/files/safetensors.js';
import { defaultProjection, freezeEncoder } from '../../../src/core/models/encoders/frozen-encoder.js';
import { resnet34 } from '../../../src/core/models/encoders/residual-network.js';
import { publishModel } from '../../../src/core/models/model-folder.js';
import { encoderWeightsPath } from '../../../src/core/weights/data-folder.js';
import { makeFolder } from '../../../src/core/weights/store.js';
import { formulaWeights } from '../models/encoders/golden-weights.js';
import { untrained } from './small-model.js';

/** A small model folder, and a data folder (`MAMBAAD_HOME`) with the weights of its encoder. */
export async function publishSmallModel(folder: string): Promise<{ model: string; home: string }> {
  const [model, home] = [join(folder, 'model'), join(folder, 'home')];
  const weights = formulaWeights(resnet34);
  const projection = { channels: [8, 16, 32], seed: defaultProjection.seed };
  const { manifest, block } = untrained(freezeEncoder(resnet34, weights, projection, 'formula'));
  const { classes, calibration, provenance } = manifest;
  await publishModel(model, block, manifest, { classes, calibration, provenance });
  const tensors = [...weights].map(([name, { shape, data }]) => [name, float32Tensor(shape, data)] as const);
  await makeFolder(join(home, 'encoders'));
  await writeSafetensors(encoderWeightsPath('resnet34', home), new Map(tensors), { encoder: 'resnet34' });
  return { model, home };
}
