import type { MetricRecord } from '../records/schemas.js';
import { isMean, METRIC_NAMES, metricOf } from './metric-names.js';

const HEADINGS = ['I-AUROC', 'I-AP', 'I-F1', 'P-AUROC', 'P-AP', 'P-F1', 'AU-PRO', 'mAD'];

/**
 * A table for people: one row a class, in percent, the mean under a rule, what was odd below. Control characters in class
 * names are shown escaped: names come from folders, and the table goes to a terminal.
 */
export function formatTable(records: readonly MetricRecord[]): string {
  const rows = records.map(({ class: name, anomalies, images }, i) => [
    printable(name),
    `${anomalies}/${images}`,
    ...METRIC_NAMES.map((metric) => percent(metricOf(records[i]!, metric))),
    isMean(records[i]!) ? 'mean' : '',
  ]);
  const heading = ['class', 'anomalous', ...HEADINGS];
  const widths = heading.map((text, column) =>
    Math.max(text.length, ...rows.map((row) => [...row[column]!].length)),
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? padEnd(cell, widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  const lines = [line(heading), rule];
  for (const row of rows) {
    if (row.at(-1) === 'mean' && rows.length > 1) lines.push(rule);
    lines.push(line(row.slice(0, -1)));
  }
  return `${[...lines, ...notes(records)].join('\n')}\n`;
}

function percent(value: number | null): string {
  return value === null ? '–' : (100 * value).toFixed(2);
}

// Padding counts characters, not UTF-16 units, as the widths do.
function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - [...text].length));
}

function notes(records: readonly MetricRecord[]): string[] {
  return records.flatMap(({ class: name, reasons }) =>
    Array.isArray(reasons) ? reasons.map((reason) => `${printable(name)}: ${reason}`) : [],
  );
}

/** Escapes what would steer a terminal. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
