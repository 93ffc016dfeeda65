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

describe('published tables', () => {
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
