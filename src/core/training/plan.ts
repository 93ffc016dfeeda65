import { createRandom } from '../nn/random.js';
import type { ShardJob } from './share.js';

/** How a training run walks through its images. */
export interface BatchPlan {
  images: number;
  batch: number;
  /** Images that are normalised together; a batch is cut into shards whatever the number of threads. */
  shard: number;
  seed: number;
}

export function stepsPerEpoch({ images, batch }: BatchPlan): number {
  // The last, incomplete batch is dropped, as the published training does.
  return Math.max(1, Math.floor(images / batch));
}

/** The shards of a step (from 0): the same on every run, machine and number of threads. */
export function shardsOfStep(plan: BatchPlan, step: number): ShardJob[] {
  const perEpoch = stepsPerEpoch(plan);
  const epoch = Math.floor(step / perEpoch);
  const order = shuffled(plan, epoch);
  const start = (step % perEpoch) * plan.batch;
  const images = order.slice(start, start + plan.batch);
  const jobs: ShardJob[] = [];
  for (let from = 0; from < images.length; from += plan.shard) {
    const members = images.slice(from, from + plan.shard);
    const seed = mix(plan.seed, step, jobs.length);
    jobs.push({ index: jobs.length, images: members, seed, weight: members.length / images.length });
  }
  return jobs;
}

const shuffles = new WeakMap<BatchPlan, { epoch: number; order: number[] }>();

/** Fisher–Yates with a stream of its own for each epoch, so that a resumed run needs no random state. */
function shuffled(plan: BatchPlan, epoch: number): number[] {
  const known = shuffles.get(plan);
  if (known?.epoch === epoch) return known.order;
  const random = createRandom(mix(plan.seed, epoch, 0x5eed));
  const order = Array.from({ length: plan.images }, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  shuffles.set(plan, { epoch, order });
  return order;
}

function mix(...parts: number[]): number {
  return parts.reduce((hash, part) => Math.imul(hash ^ part, 0x9e3779b1) ^ (hash >>> 15), 0x811c9dc5) >>> 0;
}
