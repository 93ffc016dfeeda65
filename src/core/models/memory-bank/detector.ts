import type { FittedFamily } from '../family.js';
import type { MemoryBankConfig } from './config.js';
import { memoryBankDescription } from './description.js';
import { fitBank } from './fit.js';
import { scoreWithBank } from './score.js';

/** PatchCore (CVPR 2022): remembers patches of good parts; what lies far from all of them is an anomaly. */
export const memoryBank: FittedFamily<MemoryBankConfig> = {
  ...memoryBankDescription,
  fit: fitBank,
  score: (w, features, config, size) => scoreWithBank(w.get('bank'), features, config, size),
};
