import { isMean } from '../metrics/metric-names.js';
import type { MetricRecord } from '../records/schemas.js';
import { escapeMarkdown } from './escape.js';
import { figure, metricColumns, sortedMetrics } from './figures.js';
import type { ReportGate } from './report-data.js';

/** The metric table as GitHub-flavoured Markdown. */
export function metricsMarkdown(metrics: readonly MetricRecord[]): string {
  const headings = metricColumns.map((column) => [column.level, column.heading].filter(Boolean).join(' '));
  const rows = sortedMetrics(metrics).map((m) => {
    const name = isMean(m) ? '**mean**' : escapeMarkdown(m.class);
    return [name, `${m.images}`, `${m.anomalies}`, ...metricColumns.map((column) => figure(column.of(m)))];
  });
  return table(['class', 'images', 'anomalies', ...headings], rows);
}

/** Quality gates and what was measured. */
export function gatesMarkdown(gates: readonly ReportGate[]): string {
  const rows = gates.map((gate) => [
    escapeMarkdown(gate.text),
    figure(gate.value),
    gate.ok ? 'passed' : '**failed**',
  ]);
  return table(['gate', 'measured', 'result'], rows);
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = line(headings.map((_, k) => (k === 0 ? '---' : '---:')));
  return `${[line(headings), rule, ...rows.map(line)].join('\n')}\n`;
}
