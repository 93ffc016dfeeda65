import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { float32Tensor, writeSafetensors } from '../src/core/files/safetensors.js';
import { resnet34 } from '../src/core/models/encoders/residual-network.js';
import { formulaWeights } from './core/models/encoders/golden-weights.js';

/**
 * Makes a folder a data folder (MAMBAAD_HOME) with a ResNet-34 whose weights are a formula: the whole pipe runs on real
 * pictures without a network, although it has nothing to say about them.
 */
export async function installGoldenEncoder(home: string): Promise<void> {
  mkdirSync(join(home, 'encoders'), { recursive: true });
  const tensors = [...formulaWeights(resnet34)].map(
    ([name, { shape, data }]) => [name, float32Tensor(shape, data)] as const,
  );
  const path = join(home, 'encoders', 'resnet34.safetensors');
  await writeSafetensors(path, new Map(tensors), { encoder: 'resnet34', source: 'formula' });
}
