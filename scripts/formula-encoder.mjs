// Makes a folder a data folder (MAMBAAD_HOME) with a ResNet-34 whose weights are a formula, so that the whole pipe runs
// without a network:  node scripts/formula-encoder.mjs FOLDER
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { float32Tensor, writeSafetensors } from '../dist/core/files/safetensors.js';
import { resnet34 } from '../dist/core/models/encoders/residual-network.js';
import { formulaWeights } from '../dist/core/verify/formula-weights.js';

const folder = join(process.argv[2], 'encoders');
mkdirSync(folder, { recursive: true });
const tensors = [...formulaWeights(resnet34.parameters)].map(([name, { shape, data }]) => [
  name,
  float32Tensor(shape, data),
]);
const metadata = { encoder: 'resnet34', source: 'formula' };
await writeSafetensors(join(folder, 'resnet34.safetensors'), new Map(tensors), metadata);
