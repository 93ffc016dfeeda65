import type { DetectorFamily } from '../../models/family.js';
import type { MambaConfig } from '../../models/mambaad/config.js';
import { decode, decoderSpecs } from '../../models/mambaad/decoder.js';
import { mambaad } from '../../models/mambaad/detector.js';
import { fromEngine, permute } from '../../nn/layout.js';
import type { ParameterBlock } from '../../nn/parameter-block.js';
import { adamwStep, shareParameters } from '../../training/adamw.js';
import { accumulateGradients } from '../../training/gradients.js';
import {
  type Check,
  compareAbsolute,
  compareGradient,
  compareNmse,
  compareRelative,
  isNoise,
} from '../check.js';
import type { Fixture } from '../fixture.js';
import type { FixtureKind } from '../kind.js';
import { loadParameters } from '../network.js';
import { decoderConfig } from './decoder.js';

const rate = 0.005;

/** Steps of training on one batch: losses, first gradients, final weights. */
export const trainSteps: FixtureKind = {
  name: 'train-steps',
  matches: (fixture) => fixture.has('input', 'target.0', 'losses'),
  check(fixture) {
    const config = decoderConfig(fixture);
    const block = loadParameters(fixture, decoderSpecs(config));
    const expected = fixture.floats('losses');
    const { losses, firstGradients } = trainAlone(fixture, config, block, expected.length);
    const scale = fixture.gradientScale;
    const gradientChecks = block.slots.map((slot, i) => {
      const name = `grad.${slot.spec.name}`;
      return compareGradient(name, firstGradients[i]!, fixture.floats(name), scale);
    });
    return [
      compareRelative('losses', losses, expected, 1e-4),
      ...gradientChecks,
      ...finalWeights(fixture, block, expected.length),
    ];
  },
};

/** Trains with the product's own gradient and optimiser code, one shard, one thread. */
function trainAlone(fixture: Fixture, config: MambaConfig, block: ParameterBlock, steps: number) {
  const names = ['input', 'target.0', 'target.1'];
  const [features, shapes] = [
    names.map((name) => channelsLast(fixture, name)),
    names.map((name) => lastShape(fixture, name)),
  ];
  const images = fixture.tensor('input').shape[0]!;
  const moments = {
    first: new Float32Array(block.values.length),
    second: new Float32Array(block.values.length),
  };
  const losses: number[] = [];
  let firstGradients: Float32Array[] = [];
  for (let step = 1; step <= steps; step++) {
    const gradients = new Float32Array(block.values.length);
    const batch = { features, shapes, images, seed: step };
    losses.push(accumulateGradients(decoderFamily, config, block, batch, 1, gradients).loss);
    if (step === 1) {
      firstGradients = block.slots.map(({ spec, offset, size }) =>
        fromEngine(spec, gradients.subarray(offset, offset + size)).slice(),
      );
    }
    for (const stretch of shareParameters(block, 1)[0]!) {
      adamwStep(
        block.values,
        gradients,
        moments,
        stretch,
        { ...mambaad.training.optimiser, decay: 'all' },
        { step, rate, gradientScale: 1 },
      );
    }
  }
  return { losses, firstGradients };
}

/** The decoder alone: the fixture's first tensor is the bottleneck map, the others are the teacher's. */
const decoderFamily: DetectorFamily<MambaConfig> = {
  ...mambaad,
  reconstruct(ops, w, [bottleneck, ...targets], config) {
    return { targets, outputs: decode(ops, w, bottleneck!, config) };
  },
};

function finalWeights(fixture: Fixture, block: ParameterBlock, steps: number): Check[] {
  const scale = fixture.gradientScale;
  return block.slots.map((slot) => {
    const name = `after.${slot.spec.name}`;
    const weights = fromEngine(slot.spec, block.view(slot));
    // Adam turns gradients that are mere noise into steps of ±rate: such tensors can only be held to that bound.
    return isNoise(fixture.floats(`grad.${slot.spec.name}`), scale)
      ? { ...compareAbsolute(name, weights, fixture.floats(name), 2 * steps * rate), nmse: null }
      : compareNmse(name, weights, fixture.floats(name), 1e-5);
  });
}

function channelsLast(fixture: Fixture, name: string): Float32Array {
  return permute(fixture.floats(name), fixture.tensor(name).shape, [0, 2, 3, 1]);
}

function lastShape(fixture: Fixture, name: string): number[] {
  const [, c, h, w] = fixture.tensor(name).shape as [number, number, number, number];
  return [h, w, c];
}
