import type { ScanSizes } from './reference.js';

/** What the device can do that decides how a scan is cut up. */
export interface GpuLimits {
  /** Threads of a subgroup where that is one number and shuffles are there, else 1. */
  readonly subgroupSize: number;
  readonly workgroupThreads: number;
  readonly workgroupBytes: number;
  /** How many threads keep the device busy. */
  readonly busyThreads: number;
}

/** How one scan is spread over the device. */
export interface ScanPlan extends ScanSizes {
  /** Steps that one thread does in a row. */
  readonly chunk: number;
  readonly chunks: number;
  /** Whether a chunk needs the state that the one before ended with. */
  readonly carried: boolean;
  /** Threads of a workgroup, each one channel. */
  readonly threads: number;
  /** Workgroups side by side over the channels. */
  readonly tiles: number;
  /** 1 where the sum over channels goes through workgroup memory alone. */
  readonly subgroupSize: number;
}

const shortestChunk = 16;

/** One thread keeps a state of every eight steps of its chunk in private memory, so backward chunks are short. */
const longestGradientChunk = 64;

/** A chunk is at most `longest` steps; no carry where segments end before that. */
function plan(sizes: ScanSizes, limits: GpuLimits, threads: number, longest: number): ScanPlan {
  const { batch, directions, channels, length, segment } = sizes;
  const tiles = Math.ceil(channels / threads);
  const paths = batch * directions * tiles * threads;
  const balanced = Math.ceil((length * paths) / limits.busyThreads);
  const target = Math.min(length, longest, Math.max(shortestChunk, balanced));
  // Two sweeps over carried chunks cost as much as one over a segment twice as long.
  const whole = segment <= Math.min(longest, 2 * target);
  const chunk = whole ? segment * Math.max(1, Math.floor(target / segment)) : target;
  const chunks = Math.ceil(length / chunk);
  const { subgroupSize } = limits;
  return { ...sizes, chunk, chunks, carried: !whole && chunks > 1, threads, tiles, subgroupSize };
}

export function planForward(sizes: ScanSizes, limits: GpuLimits): ScanPlan {
  return plan(
    sizes,
    limits,
    threadsFor(sizes.channels, Math.min(128, limits.workgroupThreads)),
    sizes.length,
  );
}

export function planGradient(sizes: ScanSizes, limits: GpuLimits): ScanPlan {
  let most = Math.min(128, limits.workgroupThreads);
  const bytes = (threads: number) => (threads / limits.subgroupSize) * 2 * (2 * sizes.states) * 4;
  while (most > limits.subgroupSize && bytes(most) > limits.workgroupBytes) most /= 2;
  const least = limits.subgroupSize;
  const threads = Math.max(least, threadsFor(sizes.channels, most));
  return plan(sizes, limits, threads, longestGradientChunk);
}

/** The power of two that covers the channels, within what a workgroup may have. */
function threadsFor(channels: number, most: number): number {
  let threads = 1;
  while (threads < channels && threads < most) threads *= 2;
  return threads;
}
