import { ConfigError } from '../../errors.js';
import { zeros } from '../../nn/initialisers.js';
import { parameter } from '../../nn/layers.js';
import type { FittedFamily } from '../family.js';
import { type MemoryBankConfig, paperConfig, smallConfig } from './config.js';
import { patchGrid, patchWidth } from './patch-shape.js';

/** The memory bank but for fitting and scoring, which need an engine. */
export const memoryBankDescription: Omit<FittedFamily<MemoryBankConfig>, 'fit' | 'score'> = {
  name: 'memory-bank',
  encoder: 'wide_resnet50_2',
  presets: { paper: paperConfig, small: smallConfig },
  teacherChannels: () => null,
  accept(config, shapes) {
    const { scales, coreset, neighbourhood, projection, neighbours, candidates } = config;
    if (scales.length === 0 || scales.some((scale) => !shapes[scale - 1])) {
      throw new ConfigError(
        `scales=${JSON.stringify(scales)} of this memory-bank config: the features have maps 1 to ${shapes.length}`,
      );
    }
    const whole = { neighbourhood, projection, neighbours, candidates };
    for (const [key, value] of Object.entries(whole)) {
      if (!(Number.isInteger(value) && value >= 1)) {
        throw new ConfigError(`${key}=${value} of this memory-bank config: expected a whole number from 1`);
      }
    }
    if (!(coreset > 0)) {
      throw new ConfigError(
        `coreset=${coreset} of this memory-bank config: expected a number of patches or a share`,
      );
    }
  },
  parameters: (config, channels) => [parameter('bank', [config.rows, patchWidth(channels, config)], zeros)],
  cost(config, shapes) {
    const rows = config.rows > 0 || config.coreset < 1 ? config.rows : Math.round(config.coreset);
    if (rows === 0) return null;
    const [height, width] = patchGrid(shapes, config);
    const size = patchWidth(
      shapes.map((shape) => shape[2]!),
      config,
    );
    const parameters = rows * size;
    return { parameters, products: height * width * parameters };
  },
};
