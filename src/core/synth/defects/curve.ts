import { clamp01, type Point } from '../geometry.js';

/** A polyline, units. */
export interface Curve {
  readonly points: readonly Point[];
}

/** Distance to a curve, and how far along it (0..1) the nearest point lies. */
export function nearestOnCurve(curve: Curve, x: number, y: number): { distance: number; along: number } {
  const { points } = curve;
  let nearest = Number.POSITIVE_INFINITY;
  let along = 0;
  for (let k = 0; k + 1 < points.length; k++) {
    const [ax, ay] = points[k]!;
    const dx = points[k + 1]![0] - ax;
    const dy = points[k + 1]![1] - ay;
    const t = clamp01(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1));
    const ex = x - ax - dx * t;
    const ey = y - ay - dy * t;
    const squared = ex * ex + ey * ey;
    if (squared < nearest) {
      nearest = squared;
      along = (k + t) / (points.length - 1);
    }
  }
  return { distance: Math.sqrt(nearest), along };
}
