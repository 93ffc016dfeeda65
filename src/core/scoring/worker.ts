import { familyNamed } from '../models/registry.js';
import { ParameterBlock } from '../nn/parameter-block.js';
import { type EngineChoice, openEngine } from '../runtime/engine.js';
import { serve } from '../runtime/worker-pool.js';
import type { ScoringSetup } from './crew.js';
import { Detector } from './detector.js';

let detector: Detector;

serve({
  async setup({ engine, description, values }: ScoringSetup) {
    await openEngine(engine as EngineChoice);
    const channels = description.features.map((shape) => shape[2]!);
    const specs = familyNamed(description.family).parameters(description.config, channels);
    detector = new Detector(description, new ParameterBlock(specs, values));
  },
  score(features: Float32Array[]) {
    const start = performance.now();
    return { ...detector.score(features), ms: performance.now() - start };
  },
});
