import { parentPort, workerData } from 'node:worker_threads';
import type { ScanKernels } from './scan-kernels.js';
import { type ScanRound, ScanRounds } from './scan-rounds.js';

/** What a thread of `ScanThreads` is started with. */
export interface ScanThreadData {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  work: number;
}

const { module, memory, work } = workerData as ScanThreadData;
const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as ScanKernels;
const rounds = new ScanRounds(memory, kernels, work);

parentPort!.on('message', (round: ScanRound) => {
  while (rounds.workOn(round));
  parentPort!.postMessage(round.id);
});
