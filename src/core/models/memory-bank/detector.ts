import { ConfigError } from '../../errors.js';
import { zeros } from '../../nn/initialisers.js';
import { parameter } from '../../nn/layers.js';
import type { FittedFamily } from '../family.js';
import { type MemoryBankConfig, paperConfig, smallConfig } from './config.js';
import { fitBank } from './fit.js';
import { patchWidth } from './patches.js';
import { scoreWithBank } from './score.js';

/** PatchCore (CVPR 2022): remembers patches of good parts; what lies far from all of them is an anomaly. */
export const memoryBank: FittedFamily<MemoryBankConfig> = {
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
  fit: fitBank,
  score: (w, features, config, size) => scoreWithBank(w.get('bank'), features, config, size),
};
