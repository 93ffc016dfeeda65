import { serve } from '../runtime/worker-pool.js';
import { type ScoringSetup, timed } from './crew.js';
import { type OpenDetector, openDetector } from './open-detector.js';

let detector: OpenDetector;

serve({
  async setup(setup: ScoringSetup) {
    detector = await openDetector(setup);
    return detector.size;
  },
  score: (features: Float32Array[]) => timed(detector, features),
});
