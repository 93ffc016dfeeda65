import { type Axis, chartSvg, linearAxis, logAxis, path, polyline, short } from './chart-frame.js';
import type { CurvePoints, LossPoint, ReportImage } from './report-data.js';

// Colours are custom properties of the page, so that one chart serves light, dark and print. No element has a label of
// its own: one per bar and line would double the page, and captions say what a chart shows.

/** One line of a chart of curves. */
export interface NamedCurve {
  readonly class: string;
  readonly colour: string;
  readonly points: CurvePoints;
}

const bins = 20;
const truths = [
  ['normal', 'var(--normal)'],
  ['anomaly', 'var(--anomaly)'],
  ['unlabelled', 'var(--muted)'],
] as const;

/** Scores of normals against anomalies in bins of 0.05, with the threshold. */
export function histogramSvg(images: readonly ReportImage[]): string {
  const [width, height] = [250, 110];
  const counted = truths.map(([truth, colour]) => {
    const shown = images.filter((image) => (image.label ?? 'unlabelled') === truth);
    return { colour, counts: countInBins(shown.map(({ score }) => score)) };
  });
  const most = Math.max(1, ...counted.flatMap(({ counts }) => counts));
  const x = linearAxis({
    title: 'calibrated score',
    domain: [0, 1],
    range: [0, width],
    ticks: [0, 0.25, 0.5, 0.75, 1],
    format: '.2f',
  });
  // Half an image is no tick: never more of them than images in the tallest bin.
  const domain = [0, most] as const;
  const y = linearAxis({
    title: 'images',
    domain,
    range: [height, 0],
    ticks: Math.min(4, most),
    format: 'd',
  });
  const bars = counted.map(({ counts, colour }) => {
    const d = counts.map((count, bin) => (count > 0 ? bar(count, bin, x, y) : '')).join('');
    return d && `<path d="${d}" fill="${colour}" fill-opacity="0.72"/>`;
  });
  const threshold = path(`M${x.place(0.5)},0V${height}`, 'var(--ink)', 1.5, 'stroke-dasharray="4 3"');
  return chartSvg({ width, height, x, y, marks: bars.join('') + threshold });
}

function countInBins(scores: readonly number[]): number[] {
  const counts = new Array<number>(bins).fill(0);
  // Scores come as decimals: 0.15 × 20 is a hair below 3.
  for (const score of scores) counts[Math.min(bins - 1, Math.max(0, Math.floor(score * bins + 1e-9)))]! += 1;
  return counts;
}

function bar(count: number, bin: number, x: Axis, y: Axis): string {
  const [from, to] = [x.place(bin / bins) + 0.5, x.place((bin + 1) / bins) - 0.5];
  return `M${short(from)},${y.place(0)}V${short(y.place(count))}H${short(to)}V${y.place(0)}Z`;
}

/** Several curves over the unit square; x may end earlier (PRO: at the limit of the integral). */
export function curvesSvg(
  curves: readonly NamedCurve[],
  titles: { readonly x: string; readonly y: string; readonly end?: number; readonly chance?: boolean },
): string {
  const [width, height] = [250, 210];
  const end = titles.end ?? 1;
  const x = linearAxis({ title: titles.x, domain: [0, end], range: [0, width], ticks: end < 1 ? 3 : 5 });
  const y = linearAxis({ title: titles.y, domain: [0, 1], range: [height, 0], ticks: 5 });
  const lines = curves.map((curve) =>
    path(polyline(curve.points, x, y), curve.colour, curve.class === 'mean' ? 2.6 : 1.4),
  );
  const chance = `M0,${height}L${short(x.place(end))},${short(y.place(end))}`;
  if (titles.chance) lines.unshift(path(chance, 'var(--muted)', 1, 'stroke-dasharray="3 3"'));
  return chartSvg({ width, height, x, y, marks: lines.join('') });
}

/** Training loss over steps; logarithmic where it can be, since it falls by orders of magnitude. */
export function lossSvg(loss: readonly LossPoint[]): string {
  const [width, height] = [860, 170];
  const steps = extent(loss.map(({ step }) => step));
  const losses = extent(loss.map((point) => point.loss));
  const y = losses[0] > 0 ? logAxis : linearAxis;
  const across = linearAxis({
    title: 'step',
    domain: steps,
    range: [0, width],
    ticks: Math.min(8, steps[1] - steps[0]), // half a step is no tick either
    format: 'd',
  });
  const up = y({ title: 'loss', domain: widened(losses), range: [height, 0], ticks: 5 });
  const points = loss.map((point) => [point.step, point.loss] as const);
  const dots = points.map(
    ([step, value]) => `<circle cx="${short(across.place(step))}" cy="${short(up.place(value))}" r="2.4"/>`,
  );
  const marked = loss.length < 40 ? `<g fill="var(--accent)">${dots.join('')}</g>` : '';
  const marks = path(polyline(points, across, up), 'var(--accent)', 1.8) + marked;
  return chartSvg({ width, height, x: across, y: up, marks });
}

function extent(values: readonly number[]): [number, number] {
  return [
    values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
    values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
  ];
}

/** A little room above and below; zero is shown where a linear scale needs it. */
function widened([least, most]: readonly [number, number]): [number, number] {
  if (least > 0) return [least / 1.1, most * 1.1];
  return [Math.min(0, least), most > least ? most : least + 1];
}
