import { ConfigError } from '../../errors.js';
import type { Orientation } from '../../scan/directions.js';

/** Everything that shapes the decoder family of MambaAD and Pyramid-Mamba. */
export interface MambaConfig {
  /** Channels of each stage, coarse to fine. The teacher's maps have the last ones, reversed. */
  dims: readonly number[];
  /** HSS blocks of each stage; see `lssLayout`. */
  depths: readonly number[];
  /** HSS blocks of each LSS module; absent: three or two, by the depth rule. */
  hss?: number;
  /** A scan type or a mixture, see scan/directions.ts. */
  scan: string;
  directions: number;
  orientation: Orientation;
  /** States per channel, N. */
  states: number;
  /** Inner channels per outer channel, D = expand·C. */
  expand: number;
  /** Highest drop-path rate; falls linearly to 0 over the depth. */
  dropPath: number;
  /** Kernel sizes of the local branches of an LSS module; none switches the branches off. */
  kernels: readonly number[];
  /** Whether a local branch has 1×1 convolutions around its depth-wise one; absent: yes. */
  pointwise?: boolean;
  /** Whether an LSS module has its state-space branch. */
  global: boolean;
  /** Whether an LSS module adds its input to its merged branches; absent: yes. */
  skip?: boolean;
  /** Pyramid scan instead of plain directions; absent in MambaAD. */
  pyramid?: PyramidConfig;
}

/** Pyramid scan of Pyramid-Mamba (docs/algorithms.md 2.1) and its training noise (2.2). */
export interface PyramidConfig {
  /** 1 = whole map, 2 = and its quadrants, 3 = and sub-quadrants. */
  levels: number;
  /** The third level runs only on maps wider than this. */
  minSide: number;
  /** Whether the third level scans the second level's output instead of the map. */
  cascade: boolean;
  /** Standard deviation of the feature-level anomalies added in training; 0 switches them off. */
  noise: number;
  /** Number of noise levels, each 1.1 times the one before. */
  noiseLevels: number;
}

/** The paper's network (docs/algorithms.md 1.4–1.6). */
export const paperConfig: MambaConfig = {
  dims: [512, 256, 128, 64],
  depths: [3, 4, 6, 3],
  scan: 'hilbert',
  directions: 8,
  orientation: 'released',
  states: 16,
  expand: 2,
  dropPath: 0.2,
  kernels: [5, 7],
  global: true,
};

/** Same widths, a third of the blocks and a quarter of the directions: trains in minutes on two cores. */
export const smallConfig: MambaConfig = {
  ...paperConfig,
  depths: [2, 2, 2, 2],
  directions: 2,
  dropPath: 0.1,
};

export interface LssLayout {
  modules: number;
  blocks: number;
}

/**
 * Number of LSS modules of a stage and of HSS blocks in each (docs/algorithms.md 1.4, the depth rule, unless the config
 * says).
 *
 * @throws ConfigError for a depth that the config's number of blocks does not divide
 */
export function lssLayout(depth: number, { hss }: Pick<MambaConfig, 'hss'>): LssLayout {
  if (hss !== undefined) {
    if (Number.isInteger(hss) && hss >= 1 && depth % hss === 0) return { modules: depth / hss, blocks: hss };
    throw new ConfigError(`hss=${hss}: modules of ${hss} blocks do not make up a stage of depth ${depth}`);
  }
  if (depth % 3 === 0) return { modules: depth / 3, blocks: 3 };
  if (depth % 2 === 0) return { modules: depth / 2, blocks: 2 };
  return { modules: depth, blocks: 1 };
}

/** Drop-path rate of LSS module `module` of a stage: all its blocks share it (docs/algorithms.md 1.4). */
export function dropPathRate(config: MambaConfig, stage: number, module: number): number {
  const total = config.depths.reduce((sum, depth) => sum + depth, 0);
  const before = config.depths.slice(0, stage).reduce((sum, depth) => sum + depth, 0);
  return total > 1 ? (config.dropPath * (total - 1 - before - module)) / (total - 1) : 0;
}
