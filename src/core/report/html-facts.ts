import { isMean } from '../metrics/metric-names.js';
import { escapeMarkup } from './escape.js';
import { figure, metricColumns, sortedMetrics } from './figures.js';
import { isFailure, type ReportData, type ReportModel } from './report-data.js';

/** The figures a reader looks for first. */
export function tilesHtml(data: ReportData): string {
  const mean = data.metrics.find(isMean) ?? data.metrics[0];
  const tiles: string[] = [];
  if (data.gates?.length) {
    const failed = data.gates.filter((gate) => !gate.ok).length;
    tiles.push(
      tile(
        failed ? `${failed} failed` : 'passed',
        `of ${count(data.gates.length, 'gate')}`,
        failed ? 'fail' : 'pass',
      ),
    );
  }
  if (mean) {
    tiles.push(tile(figure(mean.image.auroc), 'image AUROC, mean'));
    if (mean.pixel) tiles.push(tile(figure(mean.pixel.auroc), 'pixel AUROC, mean'));
    if (mean.pixel) tiles.push(tile(figure(mean.pixel.aupro), 'AU-PRO, mean'));
    tiles.push(tile(figure(mean.mad), 'mAD, mean of the seven'));
  }
  const wrong = data.images.filter(isFailure).length;
  const what = data.images.some((image) => image.label) ? 'wrong verdicts' : 'anomalies';
  tiles.push(tile(`${wrong}`, `${what} of ${count(data.images.length, 'image')}`));
  const unjudged = data.images.filter((image) => image.verdict === 'unknown').length;
  if (unjudged > 0) tiles.push(tile(`${unjudged}`, 'without a verdict: no limits for their class', 'doubt'));
  return `<div class="tiles">${tiles.join('')}</div>`;
}

function tile(value: string, caption: string, tone = ''): string {
  return `<div class="card tile"><b class="${tone}">${escapeMarkup(value)}</b><span>${escapeMarkup(caption)}</span></div>`;
}

export function modelHtml(model: ReportModel): string {
  const facts: [string, string | undefined, boolean?][] = [
    ['Model', [model.family, model.preset].filter(Boolean).join(', preset ')],
    ['Encoder', model.encoder],
    ['Training images', model.images.toLocaleString('en')],
    ['Seed', `${model.seed}`],
    ['Parameters', model.parameters?.toLocaleString('en')],
    ['Steps', model.steps?.toLocaleString('en')],
    ['Training time', model.seconds === undefined ? undefined : duration(model.seconds)],
    ['Classes', model.classes.join(', ')],
    ['Hash (sha256)', model.hash, true],
  ];
  const items = facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value, code]) => {
      const text = escapeMarkup(value!);
      return `<div${code ? ' class="wide"' : ''}><dt>${name}</dt><dd>${code ? `<code>${text}</code>` : text}</dd></div>`;
    });
  return `<h2>Model</h2><dl class="card">${items.join('')}</dl>`;
}

export function gatesHtml(gates: NonNullable<ReportData['gates']>): string {
  const rows = gates.map((gate) => {
    const verdict = gate.ok ? '<td class="pass">✓ passed</td>' : '<td class="fail">✗ failed</td>';
    return `<tr><td><code>${escapeMarkup(gate.text)}</code></td><td>${figure(gate.value)}</td>${verdict}</tr>`;
  });
  const head = '<thead><tr><th>Gate</th><th>Measured</th><th>Result</th></tr></thead>';
  return `<h2>Gates</h2><div class="card scroll"><table>${head}<tbody>${rows.join('')}</tbody></table></div>`;
}

export function metricsHtml(data: ReportData): string {
  const groups =
    '<tr><th></th><th></th><th></th><th colspan="3" class="group">image</th><th colspan="4" class="group">pixel</th><th></th></tr>';
  const headings = metricColumns.map((column) => `<th>${column.heading}</th>`).join('');
  const head = `<thead>${groups}<tr><th>Class</th><th>Images</th><th>Anomalies</th>${headings}</tr></thead>`;
  const rows = sortedMetrics(data.metrics).map((m) => {
    const cells = metricColumns.map((column) => heatCell(column.of(m))).join('');
    const name = `<th scope="row">${escapeMarkup(m.class)}</th>`;
    return `<tr${isMean(m) ? ' class="mean"' : ''}>${name}<td>${m.images}</td><td>${m.anomalies}</td>${cells}</tr>`;
  });
  const protocol = data.metrics[0]?.protocol ?? 'exact';
  const note = `<p class="muted">Protocol: ${escapeMarkup(protocol)}. mAD is the mean of the seven metrics.</p>`;
  return `<h2>Metrics</h2>${note}<div class="card scroll"><table>${head}<tbody>${rows.join('')}</tbody></table></div>`;
}

/** Shaded the darker the better: weak classes stand out as pale cells. */
function heatCell(value: number | null): string {
  if (value === null) return `<td class="muted">${figure(value)}</td>`;
  const strength = 0.32 * Math.max(0, Math.min(1, (value - 0.5) * 2)) ** 2;
  return `<td style="background: rgba(var(--heat), ${strength.toFixed(3)})">${figure(value)}</td>`;
}

function count(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
