import { trainedFamily } from '../models/registry.js';
import { openEngine } from '../runtime/engine.js';
import { serve } from '../runtime/worker-pool.js';
import { type ShardJob, type ShareSetup, TrainingShare } from './share.js';

let share: TrainingShare<unknown>;

serve({
  async setup(setup: ShareSetup) {
    await openEngine(setup.engine as Parameters<typeof openEngine>[0]);
    share = new TrainingShare(trainedFamily(setup.family), setup);
  },
  gradients: (jobs: ShardJob[]) => share.gradients(jobs),
  squares: () => share.squares(),
  update: (at: { step: number; rate: number; gradientScale: number }) => share.update(at),
});
