import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { exportSafetensors } from '../../../src/core/export/safetensors.js';
import { float32Tensor, readSafetensors, toFloat32 } from '../../../src/core/files/safetensors.js';
import type { MambaConfig } from '../../../src/core/models/mambaad/config.js';
import { decode } from '../../../src/core/models/mambaad/decoder.js';
import { openModel } from '../../../src/core/models/model-folder.js';
import { permute } from '../../../src/core/nn/layout.js';
import { NamedWeights } from '../../../src/core/nn/named-weights.js';
import { TfOps } from '../../../src/core/ops/tf-ops.js';
import { openEngine } from '../../../src/core/runtime/engine.js';
import { inScope } from '../../../src/core/runtime/scope.js';
import { tf } from '../../../src/core/runtime/tf.js';
import { uploadParameters } from '../../../src/core/training/gradients.js';
import { importDetector } from '../../../src/core/weights/import-detector.js';
import { fixturePath } from '../../fixtures.js';
import { run } from '../../process.js';
import { renderedGears } from '../../rendered-parts.js';
import { publishSmallModel } from '../export/published-model.js';
import { nmse } from '../models/encoders/golden-weights.js';
import { fixtureConfig, officialCheckpoint } from './official-checkpoint.js';
import { scratchFolder } from './small-files.js';

beforeAll(async () => {
  await openEngine('wasm');
});

/** The decoder of a model folder on the fixture's input, against the reference's outputs. */
async function expectReference(folder: string, fixture: string): Promise<void> {
  const { tensors } = await readSafetensors(fixturePath(`${fixture}.safetensors`));
  const { manifest, block } = await openModel(folder);
  inScope(() => {
    const input = toFloat32(tensors.get('input')!);
    const x = tf.tensor(permute(input, [1, 64, 8, 8], [0, 2, 3, 1]), [1, 8, 8, 64]);
    const w = new NamedWeights(uploadParameters(block)).in('net_s');
    decode(new TfOps(), w, x, manifest.config as MambaConfig).forEach((output, scale) => {
      const channelsFirst = permute(output.dataSync() as Float32Array, output.shape, [0, 3, 1, 2]);
      expect(nmse(channelsFirst, toFloat32(tensors.get(`output.${scale}`)!))).toBeLessThan(1e-6);
    });
  });
}

describe('an official checkpoint', () => {
  test.each([
    ['decoder-mambaad', 'mambaad', { scan: 'hilbert', prefix: 'net.' }],
    ['decoder-mambaad', 'mambaad', { scan: 'hilbert', prefix: 'module.', ader: true }],
    ['decoder-pyramid', 'pyramid-mamba', { scan: 'sweep' }],
  ] as const)('%s of %s becomes a model that computes as the reference', async (fixture, family, how) => {
    const folder = await scratchFolder();
    const { home } = await publishSmallModel(folder);
    const file = await officialCheckpoint(join(folder, 'official.safetensors'), fixture, how);
    const out = join(folder, 'imported');
    const { manifest, scansCompared } = await importDetector(file, out, {
      overrides: fixtureConfig,
      dir: home,
    });
    expect(manifest).toMatchObject({ family, preset: 'paper', input_size: [256, 256], map_size: 256 });
    expect(manifest.encoder.name).toBe('resnet34');
    expect(manifest.feature_scale).toEqual([1, 1, 1]);
    expect(scansCompared).toBe(16 * (family === 'mambaad' ? 2 : 6));
    await expectReference(out, fixture);
  });

  test('brings its teacher along where the machine has none, scores without a verdict, and can be calibrated', async () => {
    const folder = await scratchFolder();
    const env = { MAMBAAD_HOME: join(folder, 'home') };
    const how = { scan: 'hilbert', teacher: true } as const;
    const file = await officialCheckpoint(join(folder, 'net.safetensors'), 'decoder-mambaad', how);
    const out = join(folder, 'model');
    const config = ['--config', 'dims=[64,32,16,8]', '--config', 'depths=[3,4,6,3]'];
    const imported = await run(['weights', 'import', file, '--out', out, ...config], { env });
    expect(imported.exitCode, imported.stderr).toBe(0);
    expect(imported.stderr).toContain('scan orders: 32 compared');
    expect(imported.stderr).toContain('resnet34: taken from the checkpoint');
    expect(imported.stderr).toContain('not calibrated');
    const { good } = await renderedGears();
    const input = (await run(['extract', '-q', '--list', good])).stdout;
    const scored = await run(['score', '--engine', 'wasm', '--model', out], { env, input });
    expect(scored.stderr).toContain('the model has no limits');
    expect(JSON.parse(scored.lines[0]!)).toMatchObject({ type: 'score', verdict: 'unknown', limits: 'none' });
    const calibrated = await run(['calibrate', '-q', '--model', out], { env, input: scored.stdout });
    expect(calibrated.exitCode, calibrated.stderr).toBe(0);
    const again = await run(['score', '--engine', 'wasm', '--model', out], { env, input });
    expect(JSON.parse(again.lines[0]!)).toMatchObject({ verdict: 'ok' });
    expect((await openModel(out)).manifest.classes).toEqual(['default']);
  });

  test.each([
    [
      'a teacher that is not the encoder here',
      { scan: 'hilbert', teacher: true },
      /net_t\..*is not the resnet34/,
    ],
    [
      'another scan',
      { scan: 'zigzag' },
      /index_flat.* is the order of a zigzag scan, the config says hilbert; add --config scan=zigzag/,
    ],
  ] as const)('with %s is refused', async (_, how, message) => {
    const folder = await scratchFolder();
    const { home } = await publishSmallModel(folder);
    const change = (tensors: Map<string, ReturnType<typeof float32Tensor>>) => {
      const name = 'net_t.conv1.weight';
      if (tensors.has(name)) tensors.set(name, float32Tensor([64, 3, 7, 7], new Float32Array(64 * 147)));
    };
    const file = await officialCheckpoint(join(folder, 'x.safetensors'), 'decoder-mambaad', {
      ...how,
      change,
    });
    const options = { overrides: fixtureConfig, dir: home };
    await expect(importDetector(file, join(folder, 'out'), options)).rejects.toThrow(message);
  });

  test('that is not the config’s says what is missing, misshapen and unknown in one line', async () => {
    const folder = await scratchFolder();
    const norm = 'net_s.layers_up.0.blocks.0.smm_blocks.0.ln_1';
    const file = await officialCheckpoint(join(folder, 'x.safetensors'), 'decoder-mambaad', {
      scan: null,
      change(tensors) {
        tensors.delete(`${norm}.weight`);
        tensors.set(`${norm}.bias`, float32Tensor([65], new Float32Array(65)));
        tensors.set('net_s.head.weight', float32Tensor([1], new Float32Array(1)));
      },
    });
    const importing = importDetector(file, join(folder, 'out'), { overrides: fixtureConfig, dir: folder });
    const message = await importing.catch((error: Error) => error.message);
    expect(message).toContain(`1 missing (${norm}.weight)`);
    expect(message).toContain(`1 of another shape (${norm}.bias [65] instead of [64])`);
    expect(message).toContain('1 unknown to it (net_s.head.weight)');
    expect(message).not.toContain('\n');
  });
});

test('what our safetensors export writes comes back as the same model', async () => {
  const folder = await scratchFolder();
  const { model } = await publishSmallModel(folder);
  const file = join(folder, 'model.safetensors');
  await exportSafetensors(await openModel(model), file);
  const { manifest } = await importDetector(file, join(folder, 'again'));
  const original = await openModel(model);
  expect(manifest).toEqual(original.manifest);
  expect((await openModel(join(folder, 'again'))).block.values).toEqual(original.block.values);
  await expect(importDetector(file, join(folder, 'x'), { preset: 'small' })).rejects.toThrow(
    /leave out --family/,
  );
});
