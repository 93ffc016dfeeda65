import sharp from 'sharp';
import { expect, test } from 'vitest';
import { curvesSvg, histogramSvg, lossSvg } from '../../../src/core/report/charts.js';
import { image } from './sample.js';

const losses = (...values: number[]) => values.map((loss, i) => ({ step: i + 1, loss }));
const labelsBeside = (svg: string) =>
  [...svg.matchAll(/<text x="-7"[^>]*>([^<]*)</g)].map((match) => Number(match[1]));

const charts: [string, string][] = [
  ['a histogram', histogramSvg([image({}), image({ score: 1 }), image({ score: 0, label: undefined })])],
  ['a histogram of nothing', histogramSvg([])],
  [
    'curves',
    curvesSvg(
      [
        {
          class: 'mean',
          colour: '#123456',
          points: [
            [0, 0],
            [1, 1],
          ],
        },
      ],
      { x: 'x', y: 'y', chance: true },
    ),
  ],
  [
    'curves up to 0.3',
    curvesSvg(
      [
        {
          class: 'a',
          colour: '#123456',
          points: [
            [0, 0],
            [0.3, 1],
          ],
        },
      ],
      { x: 'x', y: 'y', end: 0.3 },
    ),
  ],
  ['a loss that falls by orders of magnitude', lossSvg(losses(900, 80, 3, 0.4, 0.02))],
  ['a loss that stays', lossSvg(losses(2, 2, 2))],
  ['a loss that hardly moves', lossSvg(losses(2.01, 2.02, 2.015))],
  ['a loss that reaches zero', lossSvg(losses(1, 0.5, 0))],
  ['a loss of zero', lossSvg(losses(0, 0))],
  ['a negative loss', lossSvg(losses(1, -3, -5))],
  ['a loss of twelve decades', lossSvg(losses(1e6, 1e-6))],
];

test.each(charts)('%s is a picture with numbers on its axes', async (_, svg) => {
  expect(svg).not.toMatch(/NaN|Infinity|undefined|\sid=/);
  expect(labelsBeside(svg).length).toBeGreaterThanOrEqual(2);
  const standalone = svg
    .replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"')
    .replace(/var\(--\w+\)/g, 'black');
  const { width, height } = await sharp(Buffer.from(standalone)).metadata();
  expect(svg).toContain(`viewBox="0 0 ${width} ${height}"`);
});

test('scores fall into the bins whose lower end they are, and 1 into the last', () => {
  const left = (score: number) =>
    /d="M([\d.]+),[^"]*" fill="[^"]*" fill-opacity/.exec(histogramSvg([image({ score })]))?.[1];
  expect([0, 0.05, 0.15, 0.3, 0.95, 1].map(left)).toEqual(['0.5', '13', '38', '75.5', '238', '238']);
});

test('a logarithmic loss is labelled at ones, twos and fives, and over many decades at ones', () => {
  expect(labelsBeside(lossSvg(losses(80, 1)))).toEqual(expect.arrayContaining([1, 2, 5, 10, 20, 50]));
  const decades = labelsBeside(lossSvg(losses(1e6, 1e-2)));
  expect(decades.every((label) => Number.isInteger(Math.log10(label)))).toBe(true);
});
