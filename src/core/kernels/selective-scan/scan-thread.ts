import { workerData } from 'node:worker_threads';
import { runShare } from './scan-job.js';
import type { ScanKernels } from './scan-kernels.js';
import { ScanMailbox } from './scan-mailbox.js';

/** What a thread of `ScanThreads` is started with. */
export interface ScanThreadData {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  thread: number;
  work: number;
}

const { module, memory, thread, work } = workerData as ScanThreadData;
const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as ScanKernels;
const mailbox = new ScanMailbox(memory);

mailbox.ready(thread);
for (let round = 0; ; ) {
  const post = mailbox.next(thread, round);
  round = post.round;
  let succeeded = false;
  try {
    for (const job of post.jobs) runShare(kernels, job, post.share, post.shares, work);
    succeeded = true;
  } finally {
    mailbox.done(succeeded);
  }
}
