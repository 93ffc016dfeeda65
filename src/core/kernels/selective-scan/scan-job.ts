import type { ScanKernels } from './scan-kernels.js';

/** One forward scan of one image in some memory: sizes, then where things lie. */
export const jobFields = [
  ...(['length', 'channels', 'states', 'directions', 'segment'] as const),
  ...(['a', 'd', 'deltaBias', 'order', 'u', 'delta', 'b', 'c', 'y'] as const),
] as const;

export type ScanJob = Record<(typeof jobFields)[number], number>;

// 64 bytes are a cache line: threads that write to the same one slow each other down.
const channelsPerLine = 16;

/** Channels `[first, last)` of share `index` of `shares`, in whole cache lines. */
export function channelShare(channels: number, index: number, shares: number): [number, number] {
  const lines = Math.ceil(channels / channelsPerLine);
  const edge = (i: number) => Math.min(channels, Math.floor((lines * i) / shares) * channelsPerLine);
  return [edge(index), edge(index + 1)];
}

/** Runs one share of a job. The result does not depend on how many shares there are. */
export function runShare(
  kernels: ScanKernels,
  job: ScanJob,
  index: number,
  shares: number,
  work: number,
): void {
  const [first, last] = channelShare(job.channels, index, shares);
  if (first >= last) return;
  kernels.configure(job.length, job.channels, job.states, job.directions, job.segment);
  kernels.bindParameters(job.a, job.d, job.deltaBias, job.order);
  kernels.bindImage(job.u, job.delta, job.b, job.c);
  kernels.forward(job.y, first, last, work, 0);
}
