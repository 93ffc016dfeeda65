import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mambaad } from '../../../src/core/models/mambaad/detector.js';
import { ParameterBlock } from '../../../src/core/nn/parameter-block.js';
import { createRandom } from '../../../src/core/nn/random.js';
import { type Engine, type EngineName, openEngine } from '../../../src/core/runtime/engine.js';
import { findBinding } from '../../../src/core/runtime/tensorflow-binding.js';
import { tf } from '../../../src/core/runtime/tf.js';
import type { StepAt } from '../../../src/core/training/crew.js';
import { DeviceCrew } from '../../../src/core/training/device-crew.js';
import { squaredNorm } from '../../../src/core/training/gradient-norm.js';
import { type CrewSetup, type ShardJob, TrainingShare } from '../../../src/core/training/share.js';
import { useSoftwareGpu } from '../../software-gpu.js';
import { nmse } from '../kernels/backend.js';

const channels = [4, 8, 16];
const shapes = channels.map((width, scale) => [16 >> scale, 16 >> scale, width]);
const config = { ...mambaad.presets.small!, dims: [32, 16, 8, 4], depths: [1, 1, 1, 1], dropPath: 0.3 };
const jobs: ShardJob[] = [
  { index: 0, images: [2, 0], seed: 5, weight: 2 / 3 },
  { index: 1, images: [1], seed: 6, weight: 1 / 3 },
];

let folder: string;
let set: CrewSetup['set'];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'device-crew-'));
  const random = createRandom(3);
  const images = [0, 1, 2].map((image) =>
    shapes.map((shape, scale) => {
      const file = join(folder, `${image}-${scale}`);
      const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal());
      writeFileSync(file, values);
      return { file, offset: 0, dtype: 'float32' as const };
    }),
  );
  set = { shapes, images };
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A run with moments that are not zero, as after a checkpoint. */
function setUp(engine: EngineName): { setup: CrewSetup; block: ParameterBlock } {
  const random = createRandom(8);
  const block = new ParameterBlock(mambaad.parameters(config, channels));
  block.initialise(random);
  const filled = (value: () => number) => block.values.map(value);
  const state = {
    values: block.values,
    moments: { first: filled(() => random.normal()), second: filled(() => 1 + random.uniform()) },
    gradient: new Float32Array(block.values.length),
    turns: new Int32Array(new SharedArrayBuffer(4)),
  };
  const optimiser = { ...mambaad.training.optimiser, weightDecay: 0.1 };
  const setup = {
    family: 'mambaad',
    config,
    channels,
    set,
    featureScale: [1, 2, 1],
    optimiser,
    state,
    engine,
  };
  return { setup, block };
}

const at = (squares: number): StepAt => ({ step: 3, rate: 0.01, gradientScale: 5 / Math.sqrt(squares) });

/** One step of the thread's own code: the truth. */
async function onHost() {
  await openEngine('wasm');
  const { setup, block } = setUp('wasm');
  const share = new TrainingShare(mambaad, { ...setup, worker: 0, workers: 1 });
  const results = share.gradients(jobs);
  const squares = squaredNorm([share.squares()]);
  share.update(at(squares));
  return { results, squares, moments: setup.state.moments, values: block.values };
}

const binding = findBinding();
const engines: [EngineName, string | undefined][] = [
  ['wasm', undefined],
  ['webgpu', useSoftwareGpu()],
  ['tensorflow', typeof binding === 'string' ? binding : undefined],
];

describe.each(engines)('a step on the device of %s', (name, unavailable) => {
  let engine: Engine | undefined;
  afterAll(() => engine?.close());

  test.skipIf(unavailable)('is the step that a thread makes, and leaves nothing behind', async () => {
    const expected = await onHost();
    engine = await openEngine(name);
    const { setup, block } = setUp(name);
    const before = block.values.slice();
    const tensors = tf.memory().numTensors;
    const crew = new DeviceCrew(mambaad, setup);
    const [results] = await crew.gradients([jobs]);
    const held = tf.memory().numTensors;
    const squares = await crew.squaredNorm();
    expect(squares / expected.squares).toBeCloseTo(1, 4);
    await crew.update(at(expected.squares));
    expect(block.values).toEqual(before);
    await crew.settle();
    expect(results!.map(({ loss }) => loss)).toEqual(
      expected.results.map(({ loss }) => expect.closeTo(loss, 3)),
    );
    for (const [i, { statistics }] of results!.entries()) {
      const wanted = expected.results[i]!.statistics;
      expect(statistics.map(({ offset }) => offset)).toEqual(wanted.map(({ offset }) => offset));
      for (const [j, { values }] of statistics.entries()) {
        expect(nmse(values, wanted[j]!.values)).toBeLessThan(1e-8);
      }
    }
    expect(nmse(block.values, expected.values)).toBeLessThan(1e-10);
    expect(nmse(setup.state.moments.first, expected.moments.first)).toBeLessThan(1e-8);
    expect(nmse(setup.state.moments.second, expected.moments.second)).toBeLessThan(1e-8);
    await crew.gradients([jobs]);
    expect(tf.memory().numTensors).toBe(held);
    await crew.close();
    // Visiting orders stay for the next network.
    expect(tf.memory().numTensors - tensors).toBeLessThanOrEqual(4);
  });
});
