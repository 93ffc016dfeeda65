import type { PullProgress } from '../core/weights/progress.js';
import type { Progress } from './progress.js';

/** Shows how far something that is fetched has come, in megabytes: a bar for each of its stages. */
export function followFetch(
  start: (total: number | undefined, label: string) => Progress,
): (progress: PullProgress) => void {
  let stage = '';
  let bar: Progress | undefined;
  let megabytes = 0;
  return ({ stage: now, what, done = 0, total }) => {
    if (now !== stage) {
      stage = now;
      megabytes = 0;
      bar = start(total && Math.ceil(total / 1e6), `${stage} ${what} (MB)`);
    }
    const reached = Math.floor(done / 1e6);
    bar?.advance(reached - megabytes);
    megabytes = reached;
  };
}
