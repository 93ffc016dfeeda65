// Lengths are in units: the picture is always 256 units wide, whatever its size in pixels.

/** Where a part lies: centre in units, rotation in radians. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
}

export type Point = readonly [x: number, y: number];

export function clamp01(value: number): number {
  return value < 0 ? 0 : Math.min(value, 1);
}

export function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

/** Cubic step from 0 at `from` to 1 at `to`; `from` may be the larger one. */
export function smoothstep(from: number, to: number, value: number): number {
  const t = clamp01((value - from) / (to - from));
  return t * t * (3 - 2 * t);
}

/** Signed distance to a rounded rectangle around the origin, negative inside. */
export function boxDistance(x: number, y: number, halfWidth: number, halfHeight: number, radius = 0): number {
  const qx = Math.abs(x) - halfWidth + radius;
  const qy = Math.abs(y) - halfHeight + radius;
  const outside = Math.sqrt(Math.max(qx, 0) ** 2 + Math.max(qy, 0) ** 2);
  return outside + Math.min(Math.max(qx, qy), 0) - radius;
}

/** Signed distance to the sides of a hexagon with the given apothem, flat sides up and down. */
export function hexagonDistance(x: number, y: number, apothem: number): number {
  const ax = Math.abs(x);
  const ay = Math.abs(y);
  return Math.max(ay, ax * 0.8660254037844386 + ay * 0.5) - apothem;
}

/** Distance to the segment from (ax, ay) to (bx, by). */
export function segmentDistance(
  x: number,
  y: number,
  ax: number,
  ay: number,
  bx: number,
  by: number,
): number {
  const dx = bx - ax;
  const dy = by - ay;
  const t = clamp01(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1));
  const ex = x - ax - dx * t;
  const ey = y - ay - dy * t;
  return Math.sqrt(ex * ex + ey * ey);
}

/** A point of the part's own frame, in the frame of the picture. */
export function place(pose: Pose, x: number, y: number): Point {
  const c = Math.cos(pose.angle);
  const s = Math.sin(pose.angle);
  return [pose.x + x * c - y * s, pose.y + x * s + y * c];
}
