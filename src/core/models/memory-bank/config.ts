/** What shapes a memory bank. */
export interface MemoryBankConfig {
  /** Which of the teacher's maps make a patch, the finest being 1: the numbers of a ResNet's layers. */
  scales: readonly number[];
  /** Side of the window that a patch is averaged over. */
  neighbourhood: number;
  /** Patches to keep: their number, or below 1 their share of all. */
  coreset: number;
  /** Patches drawn at random, evenly over the images, that the coreset is chosen from: bounds time and memory. */
  candidates: number;
  /** Dimensions of the random projection in which the coreset is chosen. */
  projection: number;
  /** Patches of the bank that re-weight an image's score, b in the paper. */
  neighbours: number;
  /** Patches in the bank: what the data made of `coreset`. */
  rows: number;
}

/** PatchCore-1% (CVPR 2022, table 1). */
export const paperConfig: MemoryBankConfig = {
  scales: [2, 3],
  neighbourhood: 3,
  coreset: 0.01,
  candidates: 100_000,
  projection: 128,
  neighbours: 9,
  rows: 0,
};

/** A bank of fixed size, fitted in seconds and searched in a fraction of one. */
export const smallConfig: MemoryBankConfig = {
  ...paperConfig,
  coreset: 4000,
  candidates: 40_000,
  projection: 64,
};
