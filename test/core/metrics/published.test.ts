import { describe, expect, test } from 'vitest';
import { compareWithPublished, formatComparison } from '../../../src/core/metrics/published/compare.js';
import { findPublished, SOURCES } from '../../../src/core/metrics/published/published.js';
import { formatTable } from '../../../src/core/metrics/table.js';
import { metricRecord } from './records.js';

const perClass = Object.entries(SOURCES).flatMap(([source, { means, classes }]) =>
  Object.entries(classes).flatMap(([dataset, methods]) =>
    Object.entries(methods).map(([method, rows]) => ({
      name: `${source}:${method}@${dataset}`,
      rows: Object.values(rows),
      mean: means[dataset as keyof typeof means]![method]!,
    })),
  ),
);

/** What the tables print as the mean of the seven: whoever mistypes one of them is found out. */
const printedMeans = [
  [
    'ader',
    'mvtec',
    'rd 82.1 uniad 80.1 simplenet 82.0 destseg 86.6 mambaad 85.4 rd++ 85.2 vitad 85.4 invad 86.1 invad-lite 85.2 patchcore 87.2 draem 40.9 cfa 46.8 cflow 80.0 realnet 69.9 pyramidflow 59.0',
  ],
  [
    'ader-300e',
    'mvtec',
    'rd 81.0 uniad 82.2 simplenet 65.0 destseg 87.6 mambaad 86.0 rd++ 84.4 vitad 85.4 invad 86.5 invad-lite 85.4 draem 41.4 cfa 42.3 cflow 80.7 realnet 68.4 pyramidflow 55.2',
  ],
  [
    'ader',
    'visa',
    'rd 77.0 uniad 75.0 simplenet 72.3 destseg 72.8 mambaad 79.0 rd++ 79.7 vitad 75.5 invad 80.7 invad-lite 79.5 draem 34.3 cfa 56.5 cflow 73.7 realnet 51.8 pyramidflow 47.9',
  ],
  [
    'ader-300e',
    'visa',
    'rd 78.7 uniad 76.5 simplenet 67.8 destseg 70.7 mambaad 77.0 rd++ 78.9 vitad 75.6 invad 80.9 invad-lite 80.0 draem 37.0 cfa 54.3 cflow 74.0 realnet 57.0 pyramidflow 52.3',
  ],
  [
    'ader',
    'realiad',
    'rd 68.8 uniad 68.2 simplenet 41.7 destseg 62.9 mambaad 72.9 rd++ 69.5 vitad 67.9 invad 74.2 invad-lite 72.9 draem 30.9 cfa 43.4 cflow 62.5',
  ],
  [
    'ader',
    'mvtec3d',
    'rd 73.7 uniad 70.3 simplenet 67.8 destseg 70.4 mambaad 77.4 rd++ 76.4 vitad 73.5 invad 78.6 invad-lite 78.0 patchcore 76.7 draem 42.5 cfa 55.2 cflow 69.8 pyramidflow 59.7',
  ],
  [
    'ader-300e',
    'mvtec3d',
    'rd 74.3 uniad 71.6 simplenet 66.6 destseg 72.1 mambaad 77.8 rd++ 75.2 vitad 73.3 invad 78.1 invad-lite 76.9 draem 42.1 cfa 47.9 cflow 70.2 pyramidflow 56.2',
  ],
  [
    'ader',
    'medical',
    'rd 70.3 uniad 70.8 simplenet 67.7 destseg 58.6 mambaad 75.0 rd++ 71.6 vitad 74.7 invad 74.6 invad-lite 70.7 draem 33.6 cfa 55.0 cflow 68.6 pyramidflow 45.8',
  ],
  [
    'ader-300e',
    'medical',
    'rd 70.3 uniad 71.0 simplenet 67.4 destseg 71.0 mambaad 73.7 rd++ 71.3 vitad 74.2 invad 74.0 invad-lite 70.6 draem 34.7 cfa 35.4 cflow 68.3',
  ],
  [
    'ader',
    'coco',
    'rd 44.3 uniad 42.4 simplenet 41.0 destseg 38.6 mambaad 47.1 rd++ 45.0 vitad 52.1 invad 49.0 invad-lite 47.6 draem 36.0 cflow 51.5',
  ],
  ['paper', 'mvtec', 'rd4ad 82.3 uniad 81.7 simplenet 81.2 destseg 77.1 diad 84.0 mambaad 86.0'],
  ['paper', 'visa', 'rd4ad 77.8 uniad 74.6 simplenet 72.4 destseg 72.8 diad 70.1 mambaad 78.7'],
  ['paper', 'realiad', 'rd4ad 68.6 uniad 67.5 simplenet 42.3 destseg 64.2 diad 52.6 mambaad 72.7'],
  ['recent', 'mvtec', 'recontrast 86.8 vitad 85.4 omiad 85.3 dinomaly 90.0 inp-former 90.4 rad 91.2'],
  ['recent', 'visa', 'recontrast 81.8 vitad 75.6 omiad 79.3 dinomaly 85.1 inp-former 84.8 rad 85.2'],
  ['recent', 'realiad', 'recontrast 72.5 vitad 68.4 omiad 76.3 dinomaly 77.0 inp-former 78.8 rad 81.1'],
] as const;

describe('published tables', () => {
  test.each(printedMeans)('%s on %s: methods and mAD are those of the table', (source, dataset, table) => {
    const printed = table.split(' ').filter((_, i) => i % 2 === 0);
    const means = SOURCES[source]!.means[dataset]!;
    expect(Object.keys(means)).toEqual(printed);
    for (const [i, method] of printed.entries()) {
      const mad = means[method]!.reduce((sum, value) => sum + value, 0) / 7;
      // The mean of rounded numbers beside the rounded mean.
      expect(Math.abs(mad - Number(table.split(' ')[2 * i + 1])), method).toBeLessThan(0.1);
    }
  });

  test('on MVTec-3D, Uni-Medical and COCO-AD the paper has the same six methods, without a mAD', () => {
    for (const dataset of ['mvtec3d', 'medical', 'coco'] as const) {
      const { means } = SOURCES.paper!;
      expect(Object.keys(means[dataset]!)).toEqual(Object.keys(means.mvtec!));
    }
  });

  test.each(perClass)('$name: the mean over its classes is the published mean', ({ rows, mean }) => {
    mean.forEach((published, i) => {
      const computed = rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length;
      expect(Math.abs(computed - published)).toBeLessThan(0.08); // both are rounded to one digit
    });
  });

  test('hold only percentages', () => {
    const all = Object.values(SOURCES).flatMap(({ means }) =>
      Object.values(means).flatMap((rows) => Object.values(rows)),
    );
    expect(all.length).toBeGreaterThan(100);
    for (const row of all) {
      expect(row).toHaveLength(7);
      expect(row.every((value) => value > 0 && value <= 100)).toBe(true);
    }
  });

  test('are found by the classes that were measured, however these are written', () => {
    expect(findPublished('paper:mambaad', ['bottle', 'Metal Nut']).dataset).toBe('mvtec');
    expect(findPublished('paper:mambaad', ['bottle-cap', 'toy_brick']).dataset).toBe('realiad');
    expect(findPublished('ader:invad', ['macaroni1']).dataset).toBe('visa');
    expect(findPublished('ader-300e:rd@mvtec', ['anything']).mean[0]).toBe(90.5);
  });

  test.each([
    ['paper', 'expected SOURCE:METHOD'],
    ['book:mambaad', 'a source of paper, ader, ader-300e'],
    ['paper:nobody', 'no "nobody" on mvtec'],
    ['paper:constructor', 'no "constructor"'],
    ['paper:mambaad@mars', 'no "mambaad" on mars'],
  ])('%s is refused with what there is', (reference, message) => {
    expect(() => findPublished(reference, ['bottle'])).toThrow(message);
  });

  test('of COCO-AD are taken for one split, or as the mean of four', () => {
    const { mean, notes } = compareWithPublished(
      [metricRecord('coco1', 0.6), metricRecord('mean', 0.6, { mean_of: 1 })],
      'paper:mambaad',
    );
    expect(mean!.published[0]).toBe(55);
    expect(notes[0]).toBe('published mean over the same 1 of 4 classes of coco');
    expect(findPublished('paper:rd4ad', ['coco'])).toMatchObject({ classCount: 1, dataset: 'coco' });
  });

  test('with other encoders and image sizes say so', () => {
    const { notes, mean } = compareWithPublished(
      [metricRecord('pcb1', 0.9, { protocol: 'ader' })],
      'recent:dinomaly',
    );
    expect(mean).toBeNull();
    expect(notes.at(-1)).toContain('larger images');
  });

  test('cannot be guessed for classes of no data set', () => {
    expect(() => findPublished('paper:mambaad', ['magnetic_tile'])).toThrow('paper:mambaad@mvtec');
  });
});

describe('a comparison', () => {
  const records = [
    metricRecord('bottle', 1, { protocol: 'ader' }),
    metricRecord('grid', 0.9, { protocol: 'ader' }),
    metricRecord('mean', 0.95, { protocol: 'ader', mean_of: 2 }),
  ];

  test('with some of the classes takes the published mean over the same ones', () => {
    const { classes, mean, notes } = compareWithPublished(records, 'paper:mambaad');
    expect(classes.map((row) => row.published[4])).toEqual([79.7, 47.4]);
    expect(mean!.published[4]).toBeCloseTo((79.7 + 47.4) / 2, 10);
    expect(mean!.difference[4]).toBeCloseTo(95 - 63.55, 10);
    expect(notes).toEqual(['published mean over the same 2 of 15 classes of mvtec']);
  });

  test('without published class rows says that there is nothing to compare the mean with', () => {
    const { classes, mean, notes } = compareWithPublished(records, 'paper:destseg');
    expect({ classes, mean }).toEqual({ classes: [], mean: null });
    expect(notes[0]).toContain('no mean to compare');
  });

  test('prints ours, theirs and the difference, and warns when the protocols differ', () => {
    const exact = records.map((record) => ({ ...record, protocol: 'exact' as const }));
    const text = formatComparison(compareWithPublished(exact, 'paper:mambaad'));
    expect(text).toContain('bottle');
    expect(text).toMatch(/published +100\.0 +100\.0 +100\.0 +98\.8/);
    expect(text).toMatch(/change +\+0\.0 +\+0\.0 +\+0\.0 +\+1\.2/);
    expect(text).toContain('use --protocol ader');
  });
});

describe('the table', () => {
  test('has a row a class, the mean below a rule and notes at the end', () => {
    const text = formatTable([
      metricRecord('bottle', 0.98765, { reasons: ['no maps: no pixel metrics'], pixel: null, mad: null }),
      metricRecord('mean', 0.5, { mean_of: 1 }),
    ]);
    const lines = text.split('\n');
    expect(lines[0]).toMatch(/^class +anomalous +I-AUROC +I-AP/);
    expect(lines[2]).toMatch(/^bottle +4\/10 +98\.77 +98\.77 +98\.77 +– +– +– +– +–$/);
    expect(lines[3]).toMatch(/^─+$/);
    expect(lines[4]).toMatch(/^mean +4\/10 +50\.00/);
    expect(lines[5]).toBe('bottle: no maps: no pixel metrics');
  });

  test('shows control characters of class names escaped', () => {
    const text = formatTable([metricRecord('a\u001b[31mb', 0.5)]);
    expect(text).not.toContain('\u001b');
    expect(text).toContain('a\\u{1b}[31mb');
  });
});
