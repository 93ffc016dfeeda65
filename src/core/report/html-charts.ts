import { schemeTableau10 } from 'd3-scale-chromatic';
import { curvesSvg, histogramSvg, lossSvg, type NamedCurve } from './charts.js';
import { cutCurve, downsampleCurve } from './curves.js';
import { escapeMarkup } from './escape.js';
import { type CurvePoints, classesOf, outcome, type ReportCurves, type ReportData } from './report-data.js';

/** Score histograms, a chart per class. */
export function histogramsHtml(data: ReportData): string {
  const figures: string[] = [];
  for (const name of classesOf(data.images)) {
    const images = data.images.filter((image) => image.class === name);
    const chart = histogramSvg(images);
    const missed = images.filter((image) => outcome(image) === 'miss').length;
    const alarms = images.filter((image) => outcome(image) === 'false_alarm').length;
    const review = images.filter((image) => outcome(image) === 'review').length;
    const unjudged = images.filter((image) => outcome(image) === 'unknown').length;
    const anomalies = images.filter((image) => image.label === 'anomaly').length;
    const normals = images.filter((image) => image.label === 'normal').length;
    const truth =
      anomalies + normals > 0 ? `${missed} of ${anomalies} missed, ${alarms} of ${normals} false alarms` : '';
    const caption = [
      truth,
      review ? `${review} for review` : '',
      unjudged ? `${unjudged} without a verdict` : '',
    ]
      .filter(Boolean)
      .join(', ');
    figures.push(
      `<figure class="card"><figcaption><b>${escapeMarkup(name)}</b> <span class="muted">${caption}</span></figcaption>${chart}</figure>`,
    );
  }
  const legend = [
    '<li><i class="block" style="background: var(--normal)"></i>normal</li>',
    '<li><i class="block" style="background: var(--anomaly)"></i>anomaly</li>',
    '<li><i class="rule"></i>threshold</li>',
  ];
  return `<h2>Scores</h2><ul class="legend">${legend.join('')}</ul><div class="charts">${figures.join('')}</div>`;
}

const proLimit = 0.3; // docs/protocol.md 1.1: AU-PRO integrates up to this false-positive rate

interface CurveChart {
  readonly title: string;
  readonly axes: Parameters<typeof curvesSvg>[1];
  readonly of: (curve: ReportCurves) => CurvePoints | null | undefined;
}

const roc = { x: 'false-positive rate', y: 'true-positive rate', chance: true };
const pr = { x: 'recall', y: 'precision' };
const curveCharts: readonly CurveChart[] = [
  { title: 'ROC, images', axes: roc, of: (curve) => curve.roc },
  { title: 'Precision–recall, images', axes: pr, of: (curve) => curve.pr },
  {
    title: 'PRO, regions',
    axes: { x: 'false-positive rate, pixels', y: 'per-region overlap', end: proLimit },
    of: (curve) => curve.pro && cutCurve(curve.pro, proLimit),
  },
  { title: 'ROC, pixels', axes: roc, of: (curve) => curve.pixel?.roc },
  { title: 'Precision–recall, pixels', axes: pr, of: (curve) => curve.pixel?.pr },
];

/** ROC, precision–recall and PRO, all classes in one chart each, the mean on top. */
export function curvesHtml(curves: readonly ReportCurves[]): string {
  const ordered = [...curves].sort((a, b) => Number(a.isMean ?? false) - Number(b.isMean ?? false));
  const colours = ordered.map((curve, k) => colour(curve, k, ordered.length));
  const figures: string[] = [];
  for (const { title, axes, of } of curveCharts) {
    const lines = ordered.flatMap((curve, k): NamedCurve[] => {
      const points = of(curve) ?? [];
      return points.length > 0
        ? [{ class: curve.class, colour: colours[k]!, points: downsampleCurve(points) }]
        : [];
    });
    if (lines.length === 0) continue;
    const chart = curvesSvg(lines, axes);
    figures.push(`<figure class="card"><figcaption><b>${title}</b></figcaption>${chart}</figure>`);
  }
  if (figures.length === 0) return '';
  const legend = ordered.map(
    (curve, k) => `<li><i style="background: ${colours[k]}"></i>${escapeMarkup(curve.class)}</li>`,
  );
  return `<h2>Curves</h2><ul class="legend">${legend.join('')}</ul><div class="charts">${figures.join('')}</div>`;
}

export function lossHtml(loss: NonNullable<ReportData['loss']>): string {
  return `<h2>Training loss</h2><figure class="card">${lossSvg(loss)}</figure>`;
}

/** Ten colours that tell apart in light and dark; more classes take evenly spaced hues. */
function colour({ isMean }: ReportCurves, index: number, count: number): string {
  if (isMean) return 'var(--ink)';
  if (count <= 11) return schemeTableau10[index % 10]!;
  return `hsl(${Math.round((360 * index) / count)} 60% ${index % 2 ? 62 : 48}%)`;
}
