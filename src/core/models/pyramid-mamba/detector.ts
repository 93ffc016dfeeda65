import type { DetectorFamily } from '../family.js';
import { type MambaConfig, type PyramidConfig, paperConfig, smallConfig } from '../mambaad/config.js';
import { mambaad } from '../mambaad/detector.js';

/** The pyramid of the compiled sources that gave the published figures (docs/algorithms.md 2.1, 2.2). */
export const publishedPyramid: PyramidConfig = {
  levels: 3,
  minSide: 32,
  cascade: true,
  noise: 0.05,
  noiseLevels: 1,
};

type PyramidMambaConfig = MambaConfig & { pyramid: PyramidConfig };

const paper: PyramidMambaConfig = { ...paperConfig, scan: 'sweep', directions: 4, pyramid: publishedPyramid };

function withPyramid(changes: Partial<PyramidConfig>): PyramidMambaConfig {
  return { ...paper, pyramid: { ...publishedPyramid, ...changes } };
}

/**
 * Pyramid-Mamba (ICME 2025): MambaAD's network with four sweeps over the whole map, its quadrants and their quadrants
 * in place of the Hilbert scan, and noise on the bottleneck map in training (docs/algorithms.md 2).
 */
export const pyramidMamba: DetectorFamily<PyramidMambaConfig> = {
  ...mambaad,
  name: 'pyramid-mamba',
  presets: {
    paper,
    // Half of the sweeps: a step takes two thirds of the time, which is worth more in a training of minutes.
    small: { ...paper, depths: smallConfig.depths, directions: 2, dropPath: smallConfig.dropPath },
    'levels-1': withPyramid({ levels: 1 }),
    'levels-2': withPyramid({ levels: 2 }),
    // The published source's threshold, under which no map at 256² input reaches the third level.
    'released-source': withPyramid({ minSide: 64 }),
    // "From the paper's words": every level scans the map itself.
    'no-cascade': withPyramid({ cascade: false }),
    'no-noise': withPyramid({ noise: 0 }),
  },
};
