import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { listModels } from '../../../src/core/models/list-models.js';
import { modelTable } from '../../../src/core/models/model-table.js';
import { familyNames } from '../../../src/core/models/registry.js';
import { mambaad, run } from '../../process.js';

test('lists every family with the presets paper and small, counted where the config decides the size', () => {
  const models = listModels();
  for (const family of familyNames()) {
    const presets = models.filter((model) => model.family === family).map(({ preset }) => preset);
    expect(presets).toEqual(expect.arrayContaining(['paper', 'small']));
  }
  for (const { family, preset, parameters, gmac } of models) {
    if (family === 'memory-bank' && preset === 'paper') expect(parameters).toBeNull();
    else {
      expect(parameters!.total).toBe(parameters!.encoder + parameters!.detector);
      expect(gmac!.total).toBeGreaterThan(1);
    }
  }
});

test('another encoder is counted with the projection to the widths that the preset wants, and nothing is published for it', () => {
  const [own] = listModels({ family: 'mambaad' });
  const [other] = listModels({ family: 'mambaad', encoder: 'wide_resnet50_2' });
  expect(own).toMatchObject({ encoder: 'resnet34', published: { gmac: 8.3 } });
  expect(other).toMatchObject({ encoder: 'wide_resnet50_2', published: null });
  expect(other!.gmac!.detector).toBe(own!.gmac!.detector);
});

test('presets that an encoder’s maps are too narrow for are left out', () => {
  const presets = listModels({ encoder: 'resnet34', family: 'rd4ad' }).map(({ preset }) => preset);
  expect(presets).toContain('small');
  expect(presets).not.toContain('paper');
});

test('a kind that takes any maps is counted on those that extract makes by default', () => {
  const [own, projected] = [undefined, [64, 128, 256]].map((channels) => {
    const listed = listModels({ family: 'uniad', encoder: 'resnet50-keras', channels });
    return listed.find(({ preset }) => preset === 'small')!;
  });
  // The linear maps into and out of the transformer are as wide as all the maps together.
  const fewer = 256 + 512 + 1024 - (64 + 128 + 256);
  expect(own!.parameters!.detector - projected!.parameters!.detector).toBe(2 * 128 * fewer + fewer);
});

test('the table has one line a preset, and a note where a published count means something else', () => {
  const models = listModels({ family: 'mambaad' });
  const lines = modelTable(models).trimEnd().split('\n');
  expect(lines[2]).toMatch(/^mambaad +paper +resnet34 +25\.62 +8\.30 +4\.45 +25\.667\* +8\.3$/);
  expect(lines).toHaveLength(models.length + 3);
  expect(lines.at(-1)).toMatch(/^\* mambaad paper: .*39,296 scan indices/);
});

test('unknown names are answered with those there are', () => {
  expect(() => listModels({ family: 'patchcore' })).toThrow(/choose one of mambaad, .*memory-bank/);
  expect(() => listModels({ encoder: 'vgg' })).toThrow(/choose one of resnet34/);
});

test('mambaad models prints the table, and with --json a record a preset', async () => {
  const table = await run(['models']);
  expect(table).toMatchObject({ exitCode: 0, stderr: '', stdout: modelTable(listModels()) });
  const { lines, stderr } = await run(['models', '--json', '--family', 'rd4ad']);
  expect(stderr).toBe('');
  const records = lines.map((line) => JSON.parse(line));
  expect(records[0]).toMatchObject({
    type: 'preset',
    family: 'rd4ad',
    preset: 'paper',
    parameters: { total: 80_609_600 },
    published: { parameters: 80.61, gmac: 28.435 },
    config: { depths: [3, 4, 6] },
  });
  expect(records.at(-1)).toMatchObject({ type: 'end', out: records.length - 1 });
});

test('counting loads no computing library', () => {
  const probe = fileURLToPath(new URL('../../cli/fixtures/report-modules.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, ['--import', probe, mambaad, 'models'], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
