import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uncalibrated } from '../../../src/core/anomaly/uncalibrated.js';
import { DataError } from '../../../src/core/errors.js';
import { sealOf } from '../../../src/core/models/manifest-seal.js';
import { openModel, publishModel } from '../../../src/core/models/model-folder.js';
import { networkFamilies, smallDetector } from './small-families.js';

// biome-ignore lint/suspicious/noExplicitAny: what is spoilt here is wrong in every way that JSON allows
type Json = any;

/** A whole file, where a changed description does not do. */
class Text {
  constructor(readonly text: string) {}
}

const folder = mkdtempSync(join(tmpdir(), 'model-manifest-'));
const good = join(folder, 'good');
const limits = { ...uncalibrated(4).pooled, n: 20, method: 'order-statistic' as const, quantiles: [1, 2, 3] };

async function publish(family: string, out: string) {
  const { description, block } = smallDetector(family);
  const whole = { ...description, preset: 'small', encoder: { name: 'e', hash: 'c0ffee' } };
  const calibration = { ...uncalibrated(4), classes: [{ class: 'nut', limits }] };
  const rest = { classes: ['nut'], calibration, provenance: { command: 'test' } };
  return publishModel(out, block, { ...whole, input_size: [64, 64] }, rest);
}

beforeAll(async () => void (await publish('mambaad', good)));
afterAll(() => rmSync(folder, { recursive: true }));

const stored = (model = good): Json => JSON.parse(readFileSync(join(model, 'model.json'), 'utf8'));

/** A copy of the model whose description is another one; sealed anew, so that only the schema can tell, unless asked not to. */
function spoilt(change: (manifest: Json) => unknown, { seal = true } = {}): string {
  const model = join(folder, 'spoilt');
  rmSync(model, { recursive: true, force: true });
  cpSync(good, model, { recursive: true });
  const manifest = stored();
  const replaced = change(manifest);
  if (seal) manifest.sha256 = sealOf(manifest);
  writeFileSync(
    join(model, 'model.json'),
    replaced instanceof Text ? replaced.text : JSON.stringify(manifest),
  );
  return model;
}

test.each(networkFamilies)('what is published of %s can be opened', async (family) => {
  const { model } = await publish(family, join(folder, family));
  const opened = await openModel(join(folder, family));
  expect(opened.manifest).toMatchObject({ model, family });
  expect(opened.manifest.sha256).toMatch(/^[0-9a-f]{64}$/);
});

describe('a description that was changed after it was written is refused, whatever was changed', () => {
  test.each<[string, (manifest: Json) => void]>([
    ['a threshold of a class', (m) => (m.calibration.classes[0].limits.threshold *= 2)],
    ['the pooled map threshold', (m) => (m.calibration.pooled.mapThreshold = 1)],
    ['the name of a class', (m) => (m.calibration.classes[0].class = 'bolt')],
    ['the classes', (m) => m.classes.push('bolt')],
    ['the provenance', (m) => (m.provenance.command = 'other')],
    ['a key that this version does not know', (m) => (m.calibration.pooled.further = 1)],
    ['the config', (m) => (m.config.directions = 1)],
    ['the hash', (m) => (m.sha256 = '0'.repeat(64))],
  ])('%s', async (_, change) => {
    const model = spoilt(change, { seal: false });
    await expect(openModel(model)).rejects.toThrow(/model\.json: has been changed since it was written/);
    await expect(openModel(model)).rejects.toThrow(DataError);
  });

  test('but neither the order of its keys nor its white space', async () => {
    const model = spoilt((manifest) => {
      const turned = Object.fromEntries(Object.entries(manifest).reverse());
      return new Text(`\n${JSON.stringify(turned, null, 7)}\n\n`);
    });
    await expect(openModel(model)).resolves.toBeDefined();
  });
});

test('a model of before there was a hash is opened, and what the schema forbids is not', async () => {
  const old = spoilt((manifest) => delete manifest.sha256, { seal: false });
  await expect(openModel(old)).resolves.toBeDefined();
  const wrong = (manifest: Json) => {
    delete manifest.sha256;
    manifest.calibration.pooled.threshold = '3';
  };
  await expect(openModel(spoilt(wrong, { seal: false }))).rejects.toThrow(/calibration\.pooled\.threshold: /);
});

describe('a description is refused by the part at fault when', () => {
  test.each<[string, (manifest: Json) => unknown, RegExp]>([
    [
      'a threshold is a text',
      (m) => (m.calibration.pooled.threshold = '3'),
      /calibration\.pooled\.threshold/,
    ],
    [
      'a threshold is null',
      (m) => (m.calibration.classes[0].limits.threshold = null),
      /classes\.0\.limits\.threshold/,
    ],
    [
      'a threshold is infinite',
      (m) => new Text(JSON.stringify(m).replace('"threshold":4', '"threshold":1e999')),
      /threshold/,
    ],
    ['a scale is nothing', (m) => (m.calibration.pooled.scale = 0), /pooled\.scale/],
    ['the limits are gone', (m) => delete m.calibration, /calibration/],
    ['limits of a class are gone', (m) => delete m.calibration.classes[0].limits, /classes\.0\.limits/],
    ['the map is huge', (m) => (m.map_size = 1e6), /map_size/],
    ['the map has half a pixel', (m) => (m.map_size = 0.5), /map_size/],
    ['features are huge', (m) => (m.features[0] = [65_536, 65_536, 4]), /features: larger than any/],
    ['features are of two sides', (m) => (m.features[0] = [32, 32]), /features\.0/],
    ['there are no features', (m) => (m.features = []), /features/],
    ['a divisor is missing', (m) => m.feature_scale.pop(), /feature_scale: expected one divisor/],
    ['a divisor is nothing', (m) => (m.feature_scale[0] = 0), /feature_scale\.0/],
    ['the model has no name', (m) => (m.model = '../../x'), /model: expected 16 hex digits/],
    ['it is of a later version', (m) => (m.version = 2), /version/],
    ['it is another program’s', (m) => (m.format = 'layers-model'), /format/],
    ['the config is a list', (m) => (m.config = []), /config/],
    [
      'a width is a text',
      (m) => (m.config.dims = '64'),
      /"dims" of a mambaad config is a list, not a string/,
    ],
    ['widths are missing', (m) => delete m.config.dims, /"dims" is missing/],
    ['a width is broken', (m) => (m.config.dims[0] = 1.5), /"dims" is 1\.5, expected a whole number/],
    ['a width is negative', (m) => (m.config.dims[0] = -64), /"dims" is -64/],
    [
      'there are millions of widths',
      (m) => (m.config.dims = Array(1e6).fill(1)),
      /"dims" has 1000000 values/,
    ],
    [
      'there are millions of blocks',
      (m) => (m.config.depths = [1e7, 1, 1, 1]),
      /"depths" is 10000000, expected/,
    ],
    [
      'the network wants gigabytes',
      (m) => (m.config.dims = [1e7, 1e7, 1e7, 1e7]),
      /the model's config wants \d+/,
    ],
    ['the config has a foreign key', (m) => (m.config.eval = 'x'), /a mambaad config has no "eval"/],
    [
      'a key would change every object',
      (m) => new Text(JSON.stringify(m).replace('{', '{"__proto__":{"x":1},')),
      /__proto__/,
    ],
    [
      'a key comes twice',
      (m) => new Text(JSON.stringify(m).replace('{', '{"model":"0",')),
      /model is named twice/,
    ],
    ['it is nested without end', () => new Text('['.repeat(1e6)), /not a model description/],
    ['it is a number', () => new Text('7'), /not a model description/],
  ])('%s', async (_, change, reason) => {
    const model = spoilt(change);
    await expect(openModel(model)).rejects.toThrow(reason);
    await expect(openModel(model)).rejects.toThrow(DataError);
    await expect(openModel(model)).rejects.toThrow(/^[^\n]*spoilt[^\n]*$/);
  });
});

describe.skipIf(process.platform === 'win32')('a model folder is refused at once when', () => {
  test.each(['model.json', 'weights.safetensors', 'CURRENT'])('its %s is no file', async (name) => {
    for (const replace of [
      (path: string) => execFileSync('mkfifo', [path]),
      (path: string) => mkdirSync(path),
      (path: string) => execFileSync('ln', ['-s', '/dev/zero', path]),
      (path: string) => {
        writeFileSync(path, '');
        truncateSync(path, 100e9);
      },
    ]) {
      const model = spoilt(() => {});
      rmSync(join(model, name), { force: true });
      replace(join(model, name));
      await expect(openModel(model)).rejects.toThrow(
        new RegExp(`${name}: (a pipe|a folder|a device|\\d+ bytes)`),
      );
      await expect(openModel(model)).rejects.toThrow(DataError);
    }
  });
});
