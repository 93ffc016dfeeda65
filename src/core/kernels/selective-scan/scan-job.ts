import type { ScanKernels } from './scan-kernels.js';

/** Sizes of a forward scan of one image and where in memory things lie, as the kernels name them. */
export interface ScanJob {
  length: number;
  channels: number;
  states: number;
  directions: number;
  segment: number;
  rank: number;
  u: number;
  projected: number;
  stepWeights: number;
  a: number;
  d: number;
  deltaBias: number;
  order: number;
  /** Added to. */
  y: number;
}

/** Channels of a job that one thread works on at a time. */
export interface ScanShare {
  job: ScanJob;
  first: number;
  last: number;
}

// A panel of the kernel is 64 channels; smaller shares would read b and c more often, but the scans of narrow maps
// are long: two shares at least. 16 floats are a cache line: threads that write to the same one slow each other down.
const widest = 64;
const line = 16;

/** Cuts jobs into shares. The results do not depend on who runs them. */
export function sharesOf(jobs: readonly ScanJob[]): ScanShare[] {
  return jobs.flatMap((job) => {
    const width = Math.min(widest, Math.ceil(job.channels / 2 / line) * line);
    return Array.from({ length: Math.ceil(job.channels / width) }, (_, i) => ({
      job,
      first: i * width,
      last: Math.min(job.channels, (i + 1) * width),
    }));
  });
}

/** Tells a kernel what it is to work on. */
export function bindJob(kernels: ScanKernels, job: ScanJob): void {
  kernels.configure(job.length, job.channels, job.states, job.directions, job.segment);
  kernels.bindParameters(job.a, job.d, job.deltaBias, job.order);
  kernels.bindProjected(job.u, job.projected, job.stepWeights, job.rank);
}

export function runShare(kernels: ScanKernels, { job, first, last }: ScanShare, work: number): void {
  bindJob(kernels, job);
  kernels.forward(job.y, first, last, work, 0);
}
