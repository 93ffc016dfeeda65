// Preloaded into a process (node --import): leaves its peak memory in the file that BENCH_PEAK names.
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const { BENCH_PEAK } = process.env;
if (isMainThread && BENCH_PEAK) {
  process.once('exit', () => writeFileSync(BENCH_PEAK, String(process.resourceUsage().maxRSS * 1024)));
}
