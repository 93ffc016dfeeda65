import { shown } from '../files/file-errors.js';
import type { CountComparison } from './published-counts.js';
import type { Count, DatasetSummary } from './summary.js';
import { issueBlock } from './summary-issues.js';

/** A summary for a person: a row for each class and split, then the issues with their first examples. */
export function summaryTable(summary: DatasetSummary): string {
  const rows = [
    ['class', 'split', 'normal', 'anomalous', 'unlabelled', 'masks', 'defects'],
    ...countRows(summary.counts),
  ];
  const total = `${summary.images} images, ${summary.classes.length} classes`;
  const published = summary.published ? publishedLines(summary.published) : [];
  return [...aligned(rows), total, ...published, ...issueBlock(summary.issues)].join('\n');
}

function publishedLines({ title, found, differences }: CountComparison): string[] {
  if (differences.length > 0) {
    return [
      `the classes are those of ${title}, the counts are not:`,
      ...differences.map((line) => `  ${line}`),
    ];
  }
  const sizes = Object.entries(found).map(([split, images]) => `${images} ${split}`);
  return [`as published for ${title}: ${sizes.join(', ')} images`];
}

function countRows(counts: readonly Count[]): string[][] {
  const groups = new Map<string, Count[]>();
  for (const count of counts) {
    const key = JSON.stringify([count.class, count.split]);
    groups.set(key, [...(groups.get(key) ?? []), count]);
  }
  return [...groups.values()].map((group) => {
    const of = (label: Count['label']) =>
      sum(group.filter((count) => count.label === label).map(({ images }) => images));
    const defects = group
      .filter(({ label }) => label === 'anomaly')
      .flatMap((count) => Object.entries(count.defects));
    const { class: name, split } = group[0]!;
    const numbers = [of('normal'), of('anomaly'), of('unknown'), sum(group.map(({ masks }) => masks))];
    return [
      shown(name),
      split,
      ...numbers.map(String),
      defects.map(([kind, n]) => `${shown(kind)} ${n}`).join(', '),
    ];
  });
}

/** Text columns to the left, numbers to the right. */
function aligned(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => {
    const cells = row.map((cell, i) =>
      i >= 2 && i <= 5 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!),
    );
    return cells.join('  ').trimEnd();
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
