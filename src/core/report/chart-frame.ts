import { scaleLinear, scaleLog } from 'd3-scale';

/** One side of a chart. */
export interface Axis {
  readonly title: string;
  /** Pixels from the left, or from the top. */
  readonly place: (value: number) => number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

interface AxisOptions {
  readonly title: string;
  readonly domain: readonly [number, number];
  /** Pixels at both ends of the domain. */
  readonly range: readonly [number, number];
  /** About so many, at round numbers; or where. */
  readonly ticks: number | readonly number[];
  /** As in d3-format; by default as many digits as the ticks need. */
  readonly format?: string;
}

export function linearAxis({ title, domain, range, ticks, format }: AxisOptions): Axis {
  const scale = scaleLinear(domain, range);
  const [count, places] = typeof ticks === 'number' ? [ticks, scale.ticks(ticks)] : [ticks.length, ticks];
  const label = scale.tickFormat(count, format);
  return { title, place: scale, ticks: places.map((at) => ({ at, label: label(at) })) };
}

/** For positive numbers: a line at every round number, a label at some. */
export function logAxis({ title, domain, range }: AxisOptions): Axis {
  const scale = scaleLog(domain, range);
  const decades = Math.log10(domain[1] / domain[0]);
  const label = scale.tickFormat(Number.POSITIVE_INFINITY, '~g');
  const first = decades > 3 ? ['1'] : decades > 1 ? ['1', '2', '5'] : [];
  const speaks = (at: number) => first.length === 0 || first.includes(at.toExponential(0)[0]!);
  // Over less than a decade the scale's own ticks are few and evenly spaced.
  const places = scale.ticks(decades > 1 ? 10 : 4);
  return { title, place: scale, ticks: places.map((at) => ({ at, label: speaks(at) ? label(at) : '' })) };
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly x: Axis;
  readonly y: Axis;
  /** Markup of what is shown, in the plot's own pixels. */
  readonly marks: string;
}

const letter = 6.4; // width of a digit at the size of labels, with some air
const margin = { top: 8, right: 14, bottom: 38, title: 20, label: 8 };

/** An SVG element with grid, axes and marks. It has no ids, so that any number of them may stand on one page. */
export function chartSvg({ width, height, x, y, marks }: Frame): string {
  const longest = Math.max(0, ...y.ticks.map(({ label }) => label.length));
  const left = Math.ceil(margin.title + longest * letter + margin.label);
  const whole = [left + width + margin.right, margin.top + height + margin.bottom];
  return `<svg width="${whole[0]}" height="${whole[1]}" viewBox="0 0 ${whole.join(' ')}"><g transform="translate(${left},${margin.top})">${[
    grid(width, height, x, y),
    marks,
    path(`M0,0V${height}H${width}`, 'var(--muted)', 1),
    labels(width, height, x, y, left),
  ].join('')}</g></svg>`;
}

/** A line that is not filled. @param rest further attributes */
export function path(d: string, colour: string, width: number, rest = ''): string {
  const end = rest && ` ${rest}`;
  return `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round"${end}/>`;
}

/** `M…L…` through points given in data. */
export function polyline(points: readonly (readonly [number, number])[], x: Axis, y: Axis): string {
  return points.map(([a, b], i) => `${i ? 'L' : 'M'}${short(x.place(a))},${short(y.place(b))}`).join('');
}

/** A coordinate to a hundredth of a pixel. */
export function short(pixels: number): string {
  return String(Math.round(pixels * 100) / 100);
}

function grid(width: number, height: number, x: Axis, y: Axis): string {
  const across = y.ticks.map(({ at }) => `M0,${short(y.place(at))}H${width}`);
  const up = x.ticks.map(({ at }) => `M${short(x.place(at))},0V${height}`);
  return path([...across, ...up].join(''), 'var(--grid)', 1);
}

function labels(width: number, height: number, x: Axis, y: Axis, left: number): string {
  const below = x.ticks
    .filter(isLabelled)
    .map(
      ({ at, label }) =>
        `<text x="${short(x.place(at))}" y="${height + 17}" text-anchor="middle">${label}</text>`,
    );
  const beside = y.ticks
    .filter(isLabelled)
    .map(
      ({ at, label }) =>
        `<text x="-7" y="${short(y.place(at))}" dy=".35em" text-anchor="end">${label}</text>`,
    );
  const titles = [
    `<text x="${width / 2}" y="${height + 34}" text-anchor="middle">${x.title}</text>`,
    `<text transform="translate(${12 - left},${height / 2}) rotate(-90)" text-anchor="middle">${y.title}</text>`,
  ];
  return `<g fill="var(--muted)" font-family="system-ui, sans-serif" font-size="11">${[...below, ...beside, ...titles].join('')}</g>`;
}

function isLabelled({ label }: { label: string }): boolean {
  return label !== '';
}
