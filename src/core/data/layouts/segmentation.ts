/** COCO's forms of a region: polygons [x0,y0,x1,y1,…], run lengths, or run lengths packed into a string. */
export type Segmentation =
  | number[][]
  | { readonly counts: number[] | string; readonly size: readonly [number, number] };

export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** 0 or 255, row-major. */
  readonly data: Uint8Array;
}

/** Marks a region on a canvas. Regions that reach beyond it are cut at its border. */
export function draw(canvas: Canvas, region: Segmentation): void {
  if (Array.isArray(region)) for (const polygon of region) fillPolygon(canvas, polygon);
  else
    fillRuns(
      canvas,
      typeof region.counts === 'string' ? unpackRuns(region.counts) : region.counts,
      region.size[0],
    );
}

/** Fills by the even-odd rule, outline included, vertices cut to whole pixels, as the published masks were drawn. */
function fillPolygon(canvas: Canvas, coordinates: readonly number[]): void {
  const points: [number, number][] = [];
  for (let i = 0; i + 1 < coordinates.length; i += 2) {
    points.push([Math.trunc(coordinates[i]!), Math.trunc(coordinates[i + 1]!)]);
  }
  for (let y = 0; y < canvas.height; y++) {
    const crossings = crossingsAt(points, y);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      for (let x = Math.ceil(crossings[i]!); x <= crossings[i + 1]!; x++) mark(canvas, x, y);
    }
  }
  for (const [i, point] of points.entries()) drawLine(canvas, point, points[(i + 1) % points.length]!);
}

function crossingsAt(points: readonly [number, number][], y: number): number[] {
  const crossings: number[] = [];
  for (const [i, [x0, y0]] of points.entries()) {
    const [x1, y1] = points[(i + 1) % points.length]!;
    // Half-open, so that a vertex counts once.
    if (y0 <= y !== y1 <= y) crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  }
  return crossings.sort((a, b) => a - b);
}

function drawLine(
  canvas: Canvas,
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
): void {
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0));
  for (let i = 0; i <= steps; i++) {
    const t = steps === 0 ? 0 : i / steps;
    mark(canvas, Math.round(x0 + t * (x1 - x0)), Math.round(y0 + t * (y1 - y0)));
  }
}

function mark({ width, height, data }: Canvas, x: number, y: number): void {
  if (x >= 0 && x < width && y >= 0 && y < height) data[y * width + x] = 255;
}

/** Lengths of alternating runs of background and region, column by column. */
function fillRuns(canvas: Canvas, counts: readonly number[], height: number): void {
  let at = 0;
  for (const [i, count] of counts.entries()) {
    if (i % 2 === 1) for (let k = at; k < at + count; k++) mark(canvas, Math.floor(k / height), k % height);
    at += count;
  }
}

/** COCO's packing: five bits a character from "0" on, a sixth for "more follows"; from the third on, differences to two before. */
function unpackRuns(text: string): number[] {
  const counts: number[] = [];
  for (let at = 0; at < text.length; ) {
    let [value, shift, bits] = [0, 0, 0];
    do {
      bits = text.charCodeAt(at++) - 48;
      value |= (bits & 31) << shift;
      shift += 5;
    } while (bits & 32 && at < text.length);
    if (bits & 16 && shift < 32) value |= -1 << shift; // negative difference
    if (counts.length > 2) value += counts[counts.length - 2]!;
    counts.push(value);
  }
  return counts;
}
