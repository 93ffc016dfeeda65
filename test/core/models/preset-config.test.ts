import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/cli/train-flags.js';
import { presetConfig } from '../../../src/core/models/preset-config.js';
import { pyramidMamba } from '../../../src/core/models/pyramid-mamba/detector.js';
import { familyNamed } from '../../../src/core/models/registry.js';

test('a change inside a nested object leaves the object’s other values as the preset has them', () => {
  const { pyramid } = presetConfig(pyramidMamba, 'paper', { pyramid: { levels: 2 } });
  expect(pyramid).toEqual({ ...pyramidMamba.presets.paper!.pyramid, levels: 2 });
  expect(pyramidMamba.presets.paper!.pyramid.levels).toBe(3);
});

test('lists are replaced, not merged', () => {
  expect(presetConfig(pyramidMamba, 'small', { depths: [1] })).toMatchObject({ depths: [1], directions: 2 });
});

test.each([
  [{ direction: 4 }, /no "direction": choose among .*directions/],
  [{ pyramid: { level: 2 } }, /no "pyramid.level": choose among levels, minSide/],
  [{ directions: '4' }, /"directions" of a mambaad config is a number, not "4"/],
  [{ depths: 3 }, /is a list/],
])('%j is refused with what there is instead', (overrides, message) => {
  const family = 'pyramid' in overrides ? 'pyramid-mamba' : 'mambaad';
  expect(() => presetConfig(familyNamed(family), 'paper', overrides)).toThrow(message);
});

test('an unknown preset is answered with the presets there are', () => {
  expect(() => presetConfig(pyramidMamba, 'tiny')).toThrow(/no preset "tiny": choose one of paper, small/);
});

test('--config reaches into inner objects, several times', () => {
  expect(parseConfig(['pyramid.levels=2', 'pyramid.noise=0', 'scan=sweep', 'depths=[1,2]'])).toEqual({
    pyramid: { levels: 2, noise: 0 },
    scan: 'sweep',
    depths: [1, 2],
  });
});
