import type { MetricRecord } from '../../records/schemas.js';
import { isMean, METRIC_NAMES, metricOf } from '../metric-names.js';
import { classKey, findPublished, type PublishedResult } from './published.js';
import type { Seven } from './rows.js';

/** Eight numbers in percent, the seven metrics and mAD; null where undefined. */
type Eight = (number | null)[];

export interface ComparisonRow {
  class: string;
  ours: Eight;
  published: Eight;
  /** Ours minus published. */
  difference: Eight;
}

export interface Comparison {
  title: string;
  /** Classes that have a published row. */
  classes: ComparisonRow[];
  /** Null when no published mean covers just our classes. */
  mean: ComparisonRow | null;
  notes: string[];
}

/**
 * Sets metric records (classes, then the mean) beside published results such as `paper:mambaad`. With only some of the
 * data set's classes the published mean is taken over the same classes, where their rows are published.
 * Throws UsageError for a reference or classes that are not known.
 */
export function compareWithPublished(records: readonly MetricRecord[], reference: string): Comparison {
  const classes = records.filter((record) => !isMean(record));
  const mean = records.find(isMean);
  const published = findPublished(
    reference,
    classes.map((record) => record.class),
  );
  const rows = classes.flatMap((record) => {
    const seven = published.classes.get(classKey(record.class));
    return seven ? [rowOf(record, seven)] : [];
  });
  const { seven, note } = publishedMean(published, classes);
  return {
    title: published.title,
    classes: rows,
    mean: mean && seven ? rowOf(mean, seven) : null,
    notes: [...note, ...protocolNote(reference, records)],
  };
}

function publishedMean(
  { mean, classes, classCount, dataset }: PublishedResult,
  ours: readonly MetricRecord[],
): { seven: Seven | null; note: string[] } {
  if (ours.length === classCount) return { seven: mean, note: [] };
  const rows = ours.map((record) => classes.get(classKey(record.class))).filter((row) => row !== undefined);
  if (rows.length < ours.length) {
    const note = `${ours.length} of ${classCount} classes of ${dataset}, and no published rows for them: no mean to compare`;
    return { seven: null, note: [note] };
  }
  const seven = mean.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length) as Seven;
  return {
    seven,
    note: [`published mean over the same ${rows.length} of ${classCount} classes of ${dataset}`],
  };
}

function protocolNote(reference: string, records: readonly MetricRecord[]): string[] {
  const protocol = records[0]?.protocol;
  if (reference.startsWith('recent:')) {
    return [`${reference}: other encoders, larger images and partly other definitions, a mark to aim for`];
  }
  if (protocol === 'ader') return [];
  return [
    `ours by protocol "${protocol}", ${reference} by ADer's binned definitions: use --protocol ader for like with like`,
  ];
}

function rowOf(record: MetricRecord, seven: Seven): ComparisonRow {
  const ours = METRIC_NAMES.map((name) => metricOf(record, name)).map((value) =>
    value === null ? null : 100 * value,
  );
  const published = [...seven, seven.reduce((sum, value) => sum + value, 0) / 7];
  const difference = ours.map((value, i) => (value === null ? null : value - published[i]!));
  return { class: record.class, ours, published, difference };
}

/** Three lines a class (ours, published, difference) under the metrics' names. */
export function formatComparison({ title, classes, mean, notes }: Comparison): string {
  const rows = mean ? [...classes, mean] : classes;
  const width = Math.max(10, ...rows.map((row) => row.class.length));
  const heading = ['I-AUROC', 'I-AP', 'I-F1', 'P-AUROC', 'P-AP', 'P-F1', 'AU-PRO', 'mAD'];
  const line = (name: string, who: string, cells: readonly string[]) =>
    [name.padEnd(width), who.padEnd(9), ...cells.map((cell) => cell.padStart(7))].join('  ').trimEnd();
  const number = (value: number | null) => (value === null ? '–' : value.toFixed(1));
  const change = (value: number | null) =>
    value === null ? '–' : `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;
  const lines = rows.flatMap((row) => [
    line(row.class, 'ours', row.ours.map(number)),
    line('', 'published', row.published.map(number)),
    line('', 'change', row.difference.map(change)),
  ]);
  return `${[title, line('', '', heading), ...lines, ...notes].join('\n')}\n`;
}
