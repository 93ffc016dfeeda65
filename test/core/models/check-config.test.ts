import { expect, test } from 'vitest';
import { checkedConfig } from '../../../src/core/models/check-config.js';
import { describedFamilies } from '../../../src/core/models/described-families.js';

const check =
  (family: string, overrides: Record<string, unknown>, preset = 'small') =>
  () =>
    checkedConfig({ family, preset, overrides });

test('every preset of every family passes', () => {
  for (const { name, presets } of describedFamilies)
    for (const [preset, config] of Object.entries(presets))
      expect(
        checkedConfig({ family: name, preset, overrides: { ...(config as object) } }),
        preset,
      ).toBeDefined();
});

test.each<[string, Record<string, unknown>, string]>([
  ['mambaad', { dephts: [1] }, 'did you mean "depths"?'],
  ['mambaad', { depths: [1] }, '1 stages'],
  ['mambaad', { depths: ['a', 1, 1, 1] }, 'holds "a"'],
  ['mambaad', { scan: 'hilbrt' }, 'unknown scan "hilbrt"'],
  ['mambaad', { directions: 3 }, '2, 4 or 8 directions'],
  ['mambaad', { dims: [512, 256, 128, 0] }, 'makes no mambaad network'],
  ['mambaad', { states: Number.POSITIVE_INFINITY }, 'Infinity'],
  ['mambaad', { dropPath: -1 }, 'from 0'],
  ['pyramid-mamba', { pyramid: { levels: 9 } }, 'pyramid.levels=9'],
  ['rd4ad', { depths: [1, 2] }, 'three stages'],
  ['uniad', { heads: 5 }, 'heads=5'],
  ['uniad', { hidden: 1.5 }, 'hidden=1.5'],
  ['memory-bank', { neighbourhood: 0 }, 'neighbourhood=0'],
])('%s with %j is refused before there are features', (family, overrides, why) => {
  expect(check(family, overrides)).toThrow(why);
});

test('families and presets that there are not are refused with what is near', () => {
  expect(check('memorybank', {})).toThrow('did you mean "memory-bank"?');
  expect(check('mambaad', {}, 'smal')).toThrow('did you mean "small"?');
  expect(check('mambaad', {}, 'constructor')).toThrow('has no preset');
});
