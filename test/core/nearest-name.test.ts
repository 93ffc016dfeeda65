import { expect, test } from 'vitest';
import { didYouMean, nearestName } from '../../src/core/nearest-name.js';

const commands = ['extract', 'train', 'score', 'segment', 'weights pull', 'weights list'];

test.each([
  ['scor', 'score'],
  ['socre', 'score'],
  ['SCORE', 'score'],
  ['tr', 'train'],
  ['weights pul', 'weights pull'],
  ['wieghts list', 'weights list'],
])('%s is probably %s', (written, meant) => {
  expect(nearestName(written, commands)).toBe(meant);
});

test.each(['', 'x', 'banana', 'photograph'])('%s is nothing that is known', (written) => {
  expect(didYouMean(written, commands)).toBe('');
});
