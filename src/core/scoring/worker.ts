import { serve } from '../runtime/worker-pool.js';
import type { ScoringSetup } from './crew.js';
import { type OpenDetector, openDetector } from './open-detector.js';

let detector: OpenDetector;

serve({
  async setup(setup: ScoringSetup) {
    detector = await openDetector(setup);
  },
  async score(features: Float32Array[]) {
    const start = performance.now();
    return { ...(await detector.score(features)), ms: performance.now() - start };
  },
});
