import { expect, test } from 'vitest';
import type { IntensityWindow } from '../../../src/core/data/intensity-window.js';
import { checkWindow } from '../../../src/core/scoring/window-check.js';

const twelve: IntensityWindow = [0, 4095];
const check = (window: IntensityWindow | undefined, wanted: IntensityWindow | undefined) => {
  const doubts: string[] = [];
  checkWindow({ path: 'a.png', window }, wanted, (text) => doubts.push(text));
  return doubts;
};

test('images read as the training images were pass', () => {
  expect(check(twelve, [0, 4095])).toEqual([]);
  expect(check(undefined, undefined)).toEqual([]);
});

test('a 16-bit image in another window is refused with the right one', () => {
  expect(() => check(twelve, [0, 1023])).toThrow(
    /^a\.png: .* window 0,4095, .* in 0,1023; extract with --window 0,1023$/,
  );
});

test('a 16-bit image for a model of 8-bit images is refused, unless all of its 16 bits are in use', () => {
  expect(() => check(twelve, undefined)).toThrow(/trained on 8-bit images; convert/);
  expect(check([0, 65535], undefined)).toEqual([]);
});

test('an 8-bit image for a model of 16-bit images is doubted', () => {
  expect(check(undefined, twelve)).toEqual([expect.stringMatching(/^a\.png: not a 16-bit image, .*0,4095/)]);
});
