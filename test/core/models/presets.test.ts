import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/cli/train-flags.js';
import { isFitted } from '../../../src/core/models/family.js';
import type { MambaConfig } from '../../../src/core/models/mambaad/config.js';
import { decoderSpecs } from '../../../src/core/models/mambaad/decoder.js';
import { mambaad } from '../../../src/core/models/mambaad/detector.js';
import { lss, lssSpecs } from '../../../src/core/models/mambaad/lss.js';
import { presetConfig } from '../../../src/core/models/preset-config.js';
import { familyNamed, familyNames, trainedFamily } from '../../../src/core/models/registry.js';
import { NamedWeights } from '../../../src/core/nn/named-weights.js';
import { ParameterBlock } from '../../../src/core/nn/parameter-block.js';
import { createRandom } from '../../../src/core/nn/random.js';
import { CountOps } from '../../../src/core/ops/count-ops.js';
import { TfOps } from '../../../src/core/ops/tf-ops.js';
import { openEngine } from '../../../src/core/runtime/engine.js';
import { tf } from '../../../src/core/runtime/tf.js';
import { accumulateGradients, uploadParameters } from '../../../src/core/training/gradients.js';
import { trainTiny } from '../../tiny.js';

/** Every preset keeps its design and loses its size. */
const tiny: Record<string, Record<string, unknown>> = {
  mambaad: { dims: [32, 16, 8, 4] },
  // The finest map is wide enough for the third level of the pyramid.
  'pyramid-mamba': { dims: [32, 16, 8, 4], depths: [1, 1, 1, 1] },
  rd4ad: { channels: null },
  uniad: { hidden: 16, heads: 2, feedForward: 32, side: 4 },
};
const finest: Record<string, number> = { 'pyramid-mamba': 64 };

const rows = familyNames()
  .filter((name) => !isFitted(familyNamed(name)))
  .flatMap((family) => Object.keys(familyNamed(family).presets).map((preset) => ({ family, preset })));

function shapesFor(family: string) {
  const side = finest[family] ?? 16;
  return [4, 8, 16].map((channels, scale) => [side >> scale, side >> scale, channels]);
}

/** Two images of noise. */
function batchOf(shapes: number[][]) {
  const random = createRandom(3);
  const features = shapes.map((shape) => {
    const size = 2 * shape.reduce((a, b) => a * b);
    return Float32Array.from({ length: size }, () => random.normal());
  });
  return { features, shapes, images: 2, seed: 9 };
}

describe.each(rows)('$family, preset $preset', ({ family: name, preset }) => {
  test('reproduces maps of the teacher’s shapes, and a step down the gradient lowers the loss', async () => {
    await openEngine('wasm');
    const family = trainedFamily(name);
    const config = presetConfig(family, preset, tiny[name]);
    const shapes = shapesFor(name);
    family.accept?.(config, shapes);
    const channels = shapes.map((shape) => shape[2]!);
    const block = new ParameterBlock(family.parameters(config, channels));
    block.initialise(createRandom(1));
    const batch = batchOf(shapes);
    const gradients = new Float32Array(block.values.length);
    const before = accumulateGradients(family, config, block, batch, 1, gradients).loss;
    const length = Math.hypot(...chunks(gradients).map((chunk) => Math.hypot(...chunk)));
    expect(length).toBeGreaterThan(0);
    gradients.forEach((gradient, i) => {
      block.values[i] = block.values[i]! - (0.01 * gradient) / length;
    });
    const after = accumulateGradients(family, config, block, batch, 1, new Float32Array(gradients.length));
    expect(after.loss).toBeLessThan(before);
    const outputs = tf.tidy(() => {
      const inputs = batch.features.map((values, i) => tf.tensor(values, [2, ...shapes[i]!]));
      const w = new NamedWeights(uploadParameters(block));
      const { targets, outputs } = family.reconstruct(new TfOps(), w, inputs, config);
      return { wanted: targets.map((map) => map.shape), got: outputs.map((map) => map.shape) };
    });
    expect(outputs.got).toEqual(outputs.wanted);
  });
});

/** Pieces that are short enough to be spread into arguments. */
function chunks(values: Float32Array): Float32Array[] {
  const size = 50_000;
  return Array.from({ length: Math.ceil(values.length / size) }, (_, i) =>
    values.subarray(i * size, (i + 1) * size),
  );
}

describe('the design of an LSS module', () => {
  const names = (preset: string) => decoderSpecs(mambaad.presets[preset]!).map(({ name }) => name);

  test('hss=1 makes three modules of one block out of one of three', () => {
    const inFirstStage = (preset: string, part: string) =>
      names(preset).filter((name) => name.startsWith('layers_up.0') && name.includes(`${part}.ln_1.weight`));
    expect(inFirstStage('paper', 'blocks.0.smm_blocks.2')).toHaveLength(1);
    expect(inFirstStage('kernels-5-7-hss1', 'smm_blocks.2')).toHaveLength(0);
    expect(inFirstStage('kernels-5-7-hss1', 'blocks.2.smm_blocks.0')).toHaveLength(1);
  });

  test('without 1×1 convolutions a local branch is its depth-wise convolution', () => {
    const local = (preset: string) =>
      names(preset).filter((name) => /^layers_up\.0\.blocks\.0\.conv\d/.test(name));
    expect(local('kernels-5-7-dw').map((name) => name.split('.')[4])).toEqual(['conv55', 'conv77']);
    expect(local('paper')).toHaveLength(2 * 5);
    expect(local('kernels-1-3-5-7-hss1-dw')).toHaveLength(4);
  });

  test('the skip adds the input of a module to its merged branches, and nothing else', async () => {
    await openEngine('wasm');
    const config: MambaConfig = { ...mambaad.presets.paper!, directions: 2 };
    const block = new ParameterBlock(lssSpecs({ channels: 4, blocks: 1 }, config));
    block.initialise(createRandom(1));
    const furthest = tf.tidy(() => {
      const w = new NamedWeights(uploadParameters(block));
      const x = tf.randomNormal([1, 8, 8, 4], 0, 1, 'float32', 5);
      const [kept, dropped] = [true, false].map((skip) => lss(new TfOps(), w, x, 1, 0, { ...config, skip }));
      return tf.max(tf.abs(tf.sub(tf.sub(kept!, dropped!), x))).dataSync()[0]!;
    });
    expect(furthest).toBeLessThan(1e-5);
  });

  test('plain Mamba, + LSS, + HSS: each has what the one before has, and more', () => {
    const [plain, withLss, withHss] = ['plain-mamba', 'plain-mamba+lss', 'plain-mamba+lss+hss'].map(
      (preset) => mambaad.presets[preset]!,
    );
    const local = (config: MambaConfig) => decoderSpecs(config).some(({ name }) => /conv55/.test(name));
    expect([plain!, withLss!, withHss!].map(local)).toEqual([false, true, true]);
    expect([plain!, withLss!].map(({ scan, directions }) => `${scan}-${directions}`)).toEqual([
      'sweep-2',
      'sweep-2',
    ]);
    expect(withHss).toEqual(mambaad.presets.paper);
  });

  test('a mixture brings its own numbers of directions', () => {
    const scans = (preset: string) => {
      const ops = new CountOps();
      const config = { ...mambaad.presets[preset]!, dims: [32, 16, 8, 4] };
      const specs = mambaad.parameters(config, [4, 8, 16]);
      const block = new ParameterBlock(specs);
      const w = new NamedWeights(new Map(block.slots.map(({ spec, shape }) => [spec.name, shape] as const)));
      const maps = shapesFor('mambaad').map((shape) => [1, ...shape]);
      mambaad.reconstruct<readonly number[]>(ops, w, maps, config);
      return ops.operations.scans;
    };
    expect(scans('sweep4+hilbert4')).toBe(scans('paper'));
    expect(scans('scan2+zorder2+zigzag2+hilbert2')).toBe(scans('hilbert-2') * 4);
  });
});

test('mambaad train --preset makes a model of a mixture of scans', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'presets-'));
  const preset = 'scan2+zorder2+zigzag2+hilbert2';
  const { exitCode, stderr } = await trainTiny(join(folder, 'model'), ['--preset', preset]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const model = JSON.parse(readFileSync(join(folder, 'model', 'model.json'), 'utf8'));
  expect(model).toMatchObject({ preset, config: { scan: preset, kernels: [5, 7] } });
  rmSync(folder, { recursive: true });
});

describe('--config', () => {
  const config = (...pairs: string[]) =>
    presetConfig(mambaad, 'small', parseConfig(pairs)) as unknown as MambaConfig;

  test('reaches every choice of the design', () => {
    const pairs = [
      'scan=sweep4+hilbert4',
      'orientation=true-8',
      'global=false',
      'kernels=[3,5,7]',
      'depths=[3,4,6,3]',
      'hss=1',
      'pointwise=false',
      'skip=false',
    ];
    expect(config(...pairs)).toMatchObject({
      scan: 'sweep4+hilbert4',
      orientation: 'true-8',
      global: false,
      kernels: [3, 5, 7],
      depths: [3, 4, 6, 3],
      hss: 1,
      pointwise: false,
      skip: false,
    });
  });

  test.each([
    [['hss=2', 'depths=[3,2,2,2]'], /hss=2: modules of 2 blocks do not make up a stage of depth 3/],
    [['orientation=upright'], /choose one of released, true-8/],
    [['scan=spiral'], /unknown scan "spiral": choose one of sweep/],
    [['directions=3'], /2, 4 or 8 directions, not 3/],
    [['global=false', 'kernels=[]'], /no branch at all/],
    [['kernels=[4]'], /kernel of odd size/],
  ])('%j is refused', (pairs, message) => {
    const changed = config(...pairs);
    const build = () => {
      mambaad.accept!(changed, []);
      mambaad.parameters(changed, [64, 128, 256]);
    };
    expect(build).toThrow(message);
  });
});
