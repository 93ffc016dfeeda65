// The table of models as Markdown and as a page.
import { escapeMarkdown, escapeMarkup } from '../dist/core/report/escape.js';
import { figure, metricColumns, sortedMetrics } from '../dist/core/report/figures.js';
import { pageStyle } from '../dist/core/report/html-style.js';

// As published tables have them: AU-PRO and mAD need no letter.
const letters = { image: 'I-', pixel: 'P-' };
const metricHeads = metricColumns.map(({ level, heading }) =>
  heading === 'AU-PRO' ? heading : `${letters[level] ?? ''}${heading}`,
);
const head = [
  'model',
  'class',
  ...metricHeads,
  'M params',
  'GMAC',
  'training',
  'ms an image',
  'MB train',
  'MB score',
];

/** Cells of every row: a model's mean with its costs, then its classes; the best figure of each class is marked. */
function cells(rows) {
  const best = bestFigures(rows);
  const byMean = [...rows].sort((a, b) => (meanOf(b)?.mad ?? 0) - (meanOf(a)?.mad ?? 0));
  return byMean.flatMap((row) =>
    meanFirst(row.metrics).map((metric) => {
      const figures = metricColumns.map(({ of }, k) => ({
        text: figure(of(metric)),
        best: rows.length > 1 && of(metric) !== null && of(metric) === best.get(`${metric.class}/${k}`),
      }));
      const costs = isMean(metric) ? costsOf(row) : Array(6).fill('');
      const texts = [isMean(metric) ? nameOf(row) : '', metric.class].map((text) => ({ text }));
      return { mean: isMean(metric), cells: [...texts, ...figures, ...costs.map((text) => ({ text }))] };
    }),
  );
}

function meanFirst(metrics) {
  const sorted = sortedMetrics(metrics);
  return [...sorted.filter(isMean), ...sorted.filter((metric) => !isMean(metric))];
}

function isMean(metric) {
  return metric.class === 'mean';
}

function meanOf({ metrics }) {
  return metrics.find(isMean) ?? metrics[0];
}

function bestFigures(rows) {
  const best = new Map();
  for (const metric of rows.flatMap((row) => row.metrics)) {
    metricColumns.forEach(({ of }, k) => {
      const key = `${metric.class}/${k}`;
      const value = of(metric);
      if (value !== null && !(value <= best.get(key))) best.set(key, value);
    });
  }
  return best;
}

function nameOf({ words: [family, ...flags], preset }) {
  const shown = flags.filter((flag, i) => flag !== '--preset' && flags[i - 1] !== '--preset');
  return [family, preset, ...shown].join(' ');
}

function costsOf(row) {
  const megabytes = (bytes) => Math.round(bytes / 1e6).toString();
  const made =
    row.steps > 0
      ? `${row.steps} ${row.steps === 1 ? 'step' : 'steps'}, ${duration(row.seconds)}`
      : duration(row.seconds);
  return [
    `${(row.encoderParameters / 1e6).toFixed(2)} + ${(row.parameters / 1e6).toFixed(2)}`,
    row.scans > 0
      ? `${(row.products / 1e9).toFixed(2)} + ${(row.scans / 1e9).toFixed(2)} scan`
      : (row.products / 1e9).toFixed(2),
    made,
    row.msPerImage?.toFixed(1) ?? '–',
    megabytes(row.trainPeak),
    megabytes(row.scorePeak),
  ];
}

function duration(seconds) {
  return seconds < 120 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(1)} min`;
}

/** Paragraphs above the table. */
function facts({ machine, data, sets, minutes, protocol, rows }) {
  const { train, test } = sets;
  const loads = rows.map(({ load }) => load);
  return [
    `${machine}. ${data}: ${train.images} good parts of ${train.classes.length} classes (${train.classes.join(', ')}) to train on, ${test.images} test images. One model for all classes, a budget of ${minutes} min of training each, one run, seed 42.`,
    `Every model sees the same maps of ${train.encoder.name} (${train.encoder.hash.slice(0, 16)}), extracted once. Metrics by the protocol "${protocol}". Load average after a row: ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}.`,
    'Parameters are encoder + detector (numbers kept, for a memory bank); GMAC is one image with its encoder, and the floating-point operations of the scans in 10⁹ beside it, which published counts leave out. Training is the time of the steps or of the fit. The time an image is that between scores, on maps that are extracted, without start-up. Memory is the peak of the process. Bold: the best of a column for a class.',
  ];
}

export function markdownTable(bench) {
  const line = (texts) => `| ${texts.join(' | ')} |`;
  const rows = cells(bench.rows).map(({ mean, cells: row }) =>
    line(
      row.map(({ text, best }) => {
        const safe = escapeMarkdown(text);
        return safe !== '' && (best || (mean && text === 'mean')) ? `**${safe}**` : safe;
      }),
    ),
  );
  const rule = line(head.map((_, k) => (k < 2 ? '---' : '---:')));
  return [
    '# Models on the same features',
    '',
    ...facts(bench).flatMap((text) => [text, '']),
    `    ${bench.command}`,
    '',
    line(head),
    rule,
    ...rows,
    '',
  ].join('\n');
}

export function htmlTable(bench) {
  const rows = cells(bench.rows).map(({ mean, cells: row }) => {
    const columns = row.map(({ text, best }) => {
      const safe = escapeMarkup(text);
      return `<td>${best ? `<b>${safe}</b>` : safe}</td>`;
    });
    return `<tr${mean ? ' class="mean"' : ''}>${columns.join('')}</tr>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Models on the same features</title>
<style>${pageStyle}
main { max-width: none; } tr.mean > * { font-weight: 400; } td:nth-child(2) { text-align: left; }</style>
</head>
<body>
<main>
<header><h1>Models on the same features</h1></header>
${facts(bench)
  .map((text) => `<p>${escapeMarkup(text)}</p>`)
  .join('\n')}
<p><code>${escapeMarkup(bench.command)}</code></p>
<div class="card scroll"><table>
<thead><tr>${head.map((text) => `<th>${escapeMarkup(text)}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>
</main>
</body>
</html>
`;
}
