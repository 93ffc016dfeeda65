import { setImmediate } from 'node:timers/promises';
import type { FeatureSource, FittedFamily } from '../models/family.js';
import { ParameterBlock } from '../nn/parameter-block.js';
import { createRandom } from '../nn/random.js';
import { type EngineChoice, openEngine } from '../runtime/engine.js';
import { tf } from '../runtime/tf.js';
import { readScale } from './feature-set.js';
import type { MadeDetector, MakingEvent, TrainDetectorOptions } from './train-detector.js';
import type { TrainingTask } from './train-network.js';

/** Fits a detector that needs no gradients, in this thread. */
export async function* fitDetector(
  family: FittedFamily<unknown>,
  task: TrainingTask,
  options: TrainDetectorOptions,
): AsyncGenerator<MakingEvent, MadeDetector> {
  const { set, featureScale } = task;
  await openEngine(options.engine as EngineChoice);
  yield { kind: 'start', parameters: null, steps: null };
  const start = performance.now();
  const fitting = family.fit(featureSource(task), task.config, createRandom(options.seed));
  let turn = await fitting.next();
  for (; !turn.done; turn = await fitting.next()) {
    options.signal?.throwIfAborted();
    yield { kind: 'fitting', progress: turn.value };
    await setImmediate(); // lets Ctrl-C be noticed
  }
  const { config, tensors, error } = turn.value;
  const channels = set.shapes.map((shape) => shape[2]!);
  const block = new ParameterBlock(family.parameters(config, channels));
  const shaped = block.slots.map(
    ({ spec: { name, shape } }) => [name, { shape, data: tensors.get(name)! }] as const,
  );
  block.load(new Map(shaped), family.name);
  return {
    config,
    block,
    steps: 0,
    seconds: (performance.now() - start) / 1000,
    loss: error,
    provenance: { settings: { family: family.name, config, channels, featureScale, seed: options.seed } },
    release: async () => {},
  };
}

function featureSource({ set, featureScale }: TrainingTask): FeatureSource {
  return {
    images: set.images.length,
    shapes: set.shapes,
    read: (image) =>
      set.shapes.map((shape, scale) =>
        tf.tensor(readScale(set, [image], scale, featureScale[scale]!), [1, ...shape]),
      ),
  };
}
