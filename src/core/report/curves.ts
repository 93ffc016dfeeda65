import type { CurvePoints } from './report-data.js';

interface Span {
  readonly from: number;
  readonly to: number;
  /** The point between them farthest from their chord, and its distance. */
  readonly farthest: number;
  readonly distance: number;
}

/**
 * At most `limit` of a curve's points, ends included, chosen so that the polyline stays close to the curve: the point
 * farthest from the polyline is added until the limit is reached (Douglas and Peucker 1973, greedy order).
 */
export function downsampleCurve(points: CurvePoints, limit = 200): [number, number][] {
  if (points.length <= Math.max(2, limit)) return points.map(([x, y]) => [x, y]);
  const kept = new Set([0, points.length - 1]);
  const spans = [span(points, 0, points.length - 1)];
  while (kept.size < limit) {
    const worst = spans.reduce((best, s, k) => (s.distance > spans[best]!.distance ? k : best), 0);
    const { from, to, farthest, distance } = spans[worst]!;
    if (distance === 0) break;
    kept.add(farthest);
    spans.splice(worst, 1, span(points, from, farthest), span(points, farthest, to));
  }
  return [...kept].sort((a, b) => a - b).map((k) => [points[k]![0], points[k]![1]]);
}

function span(points: CurvePoints, from: number, to: number): Span {
  const [ax, ay] = points[from]!;
  const dx = points[to]![0] - ax;
  const dy = points[to]![1] - ay;
  const length = Math.hypot(dx, dy);
  let farthest = from;
  let distance = 0;
  for (let k = from + 1; k < to; k++) {
    const ex = points[k]![0] - ax;
    const ey = points[k]![1] - ay;
    const d = length > 0 ? Math.abs(ex * dy - ey * dx) / length : Math.hypot(ex, ey);
    if (d > distance) [farthest, distance] = [k, d];
  }
  return { from, to, farthest, distance };
}

/** A curve whose x ascends, up to x = `end`, where it is interpolated. */
export function cutCurve(points: CurvePoints, end: number): [number, number][] {
  const within = points.filter(([x]) => x <= end).map(([x, y]): [number, number] => [x, y]);
  const last = within.at(-1);
  if (last && last[0] < end && within.length < points.length) within.push([end, heightAt(points, end)]);
  return within;
}

/** Vertical average of curves whose x ascends (ROC, PRO), at `count` equal steps of x up to `end`. */
export function meanCurve(curves: readonly CurvePoints[], end = 1, count = 101): [number, number][] {
  return Array.from({ length: count }, (_, k) => {
    const x = (end * k) / (count - 1);
    const sum = curves.reduce((total, curve) => total + heightAt(curve, x), 0);
    return [x, sum / Math.max(1, curves.length)];
  });
}

/** Linear between points; on a vertical step its upper end; level beyond the ends. */
function heightAt(curve: CurvePoints, x: number): number {
  let low = 0;
  let high = curve.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (curve[middle]![0] <= x) low = middle;
    else high = middle - 1;
  }
  const left = curve[low]!;
  const right = curve[low + 1];
  if (!right || left[0] > x) return left[1];
  return left[1] + ((right[1] - left[1]) * (x - left[0])) / (right[0] - left[0] || 1);
}
