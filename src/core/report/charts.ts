import type { TopLevelSpec } from 'vega-lite';
import type { CurvePoints, LossPoint, ReportImage } from './report-data.js';

// Colours are custom properties of the page, so that one chart serves light, dark and print.
const muted = 'var(--muted)';
const config: TopLevelSpec['config'] = {
  background: 'transparent',
  aria: false, // one label per bar and line would double the page; captions say what a chart shows
  font: 'system-ui, sans-serif',
  view: { stroke: null },
  axis: {
    gridColor: 'var(--grid)',
    domainColor: muted,
    tickColor: muted,
    labelColor: muted,
    titleColor: muted,
    titleFontWeight: 'normal',
    labelFontSize: 11,
    titleFontSize: 11,
  },
};

const scoreAxis = { title: 'calibrated score', values: [0, 0.25, 0.5, 0.75, 1], format: '.2f' };

// Half an image is no tick: never more of them than images in the tallest bin.
const countAxis = { title: 'images', tickCount: { expr: "max(1, min(4, domain('y')[1]))" }, format: 'd' };

/** One line of a chart of curves. */
export interface NamedCurve {
  readonly class: string;
  readonly colour: string;
  readonly points: CurvePoints;
}

/** Scores of normals against anomalies in bins of 0.05, with the threshold. */
export function histogramSvg(images: readonly ReportImage[]): Promise<string> {
  const rows = images.map((image) => ({ score: image.score, truth: image.label ?? 'unlabelled' }));
  return svg({
    width: 250,
    height: 110,
    data: { values: rows },
    layer: [
      {
        mark: { type: 'bar', opacity: 0.72, binSpacing: 1 },
        encoding: {
          x: { field: 'score', bin: { extent: [0, 1], step: 0.05 }, axis: scoreAxis },
          y: { aggregate: 'count', stack: null, axis: countAxis },
          color: {
            field: 'truth',
            scale: {
              domain: ['normal', 'anomaly', 'unlabelled'],
              range: ['var(--normal)', 'var(--anomaly)', 'var(--muted)'],
            },
            legend: null,
          },
        },
      },
      {
        data: { values: [{}] }, // of its own, or the line is drawn once per image
        mark: { type: 'rule', color: 'var(--ink)', strokeDash: [4, 3], strokeWidth: 1.5 },
        encoding: { x: { datum: 0.5, type: 'quantitative' } },
      },
    ],
  });
}

/** Several curves over the unit square; x may end earlier (PRO: at the limit of the integral). */
export function curvesSvg(
  curves: readonly NamedCurve[],
  titles: { readonly x: string; readonly y: string; readonly end?: number; readonly chance?: boolean },
): Promise<string> {
  const end = titles.end ?? 1;
  const rows = curves.flatMap((curve) => curve.points.map(([x, y], k) => ({ class: curve.class, x, y, k })));
  const thick = { condition: { test: "datum.class === 'mean'", value: 2.6 }, value: 1.4 };
  const chance = { type: 'rule' as const, color: muted, strokeDash: [3, 3] };
  return svg({
    width: 250,
    height: 210,
    layer: [
      {
        data: { values: rows },
        mark: { type: 'line', clip: true, interpolate: 'linear' },
        encoding: {
          x: { field: 'x', type: 'quantitative', scale: { domain: [0, end] }, axis: axis(titles.x, 6) },
          y: { field: 'y', type: 'quantitative', scale: { domain: [0, 1] }, axis: axis(titles.y, 6) },
          order: { field: 'k' },
          color: {
            field: 'class',
            type: 'nominal',
            scale: { domain: curves.map((c) => c.class), range: curves.map((c) => c.colour) },
            legend: null,
          },
          strokeWidth: thick,
        },
      },
      ...(titles.chance
        ? [
            {
              data: { values: [{ a: 0, b: 1 }] },
              mark: chance,
              encoding: {
                x: { field: 'a', type: 'quantitative' as const },
                y: { field: 'a', type: 'quantitative' as const },
                x2: { field: 'b' },
                y2: { field: 'b' },
              },
            },
          ]
        : []),
    ],
  });
}

/** Training loss over steps; logarithmic where it can be, since it falls by orders of magnitude. */
export function lossSvg(loss: readonly LossPoint[]): Promise<string> {
  const positive = loss.every((point) => point.loss > 0);
  return svg({
    width: 860,
    height: 170,
    data: { values: [...loss] },
    mark: {
      type: 'line',
      color: 'var(--accent)',
      strokeWidth: 1.8,
      point: loss.length < 40 && { color: 'var(--accent)', size: 18 },
    },
    encoding: {
      x: { field: 'step', type: 'quantitative', scale: { nice: false }, axis: axis('step', 8) },
      y: {
        field: 'loss',
        type: 'quantitative',
        scale: positive ? { type: 'log', nice: false } : { zero: true },
        axis: axis('loss', 5),
      },
    },
  });
}

function axis(title: string, ticks: number): { title: string; tickCount: number } {
  return { title, tickCount: ticks };
}

/** Draws a chart without a browser. Vega and its grammar load on the first chart: they cost a second. */
async function svg(spec: TopLevelSpec): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const compiled = vegaLite.compile({ ...spec, config }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none' });
  const text = await view.toSVG();
  view.finalize();
  return text.replace(/ xmlns(:xlink)?="[^"]*"/g, '');
}

/** Vega numbers clip paths through the whole process; a page needs ids that differ by chart and repeat by run. */
export function isolateIds(chart: string, prefix: string): string {
  const ids = [...new Set([...chart.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]!))];
  return ids.reduce(
    (text, id, k) =>
      text.replaceAll(` id="${id}"`, ` id="${prefix}${k}"`).replaceAll(`url(#${id})`, `url(#${prefix}${k})`),
    chart,
  );
}
