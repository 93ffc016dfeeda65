import { expect, test } from 'vitest';
import { selectGallery } from '../../../src/core/report/gallery.js';
import { outcome, worstImages } from '../../../src/core/report/report-data.js';
import { image } from './sample.js';

test.each([
  ['ok', 'normal', 'pass'],
  ['ok', 'anomaly', 'miss'],
  ['ok', undefined, 'pass'],
  ['ng', 'normal', 'false_alarm'],
  ['ng', 'anomaly', 'find'],
  ['ng', undefined, 'alarm'],
  ['review', 'normal', 'review'],
  ['review', 'anomaly', 'review'],
] as const)('a verdict %s on a part labelled %s is a %s', (verdict, label, expected) => {
  expect(outcome(image({ verdict, label }))).toBe(expected);
});

test('misses are shown lowest score first, finds highest first, ties by the raw score', () => {
  const miss = (path: string, score: number, raw_score: number) =>
    image({ path, score, raw_score, label: 'anomaly' });
  const find = (path: string, raw_score: number) =>
    image({ path, score: 1, raw_score, label: 'anomaly', verdict: 'ng' });
  const images = [
    miss('b', 0.1, 2),
    find('y', 5),
    miss('c', 0.3, 1),
    find('x', 9),
    miss('a', 0.1, 1),
    find('z', 4),
  ];
  const [gear] = selectGallery(images, 2);
  expect(gear!.groups.map((group) => [group.heading, ...group.images.map((i) => i.path)])).toEqual([
    ['Missed', 'a', 'b'],
    ['Found', 'x', 'y'],
  ]);
});

test('the worst images are the failures farthest on the wrong side', () => {
  const images = [
    image({ path: 'near', label: 'anomaly', score: 0.4 }),
    image({ path: 'fine', score: 0 }),
    image({ path: 'far', score: 0.99, verdict: 'ng' }),
  ];
  expect(worstImages(images).map((i) => i.path)).toEqual(['far', 'near']);
});
