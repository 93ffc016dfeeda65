import type { Random } from '../../nn/random.js';
import { type Point, type Pose, smoothstep } from '../geometry.js';
import { jitter } from '../part.js';
import { type Material, type Surface, tint, visit } from '../surface.js';
import { type Curve, nearestOnCurve } from './curve.js';

export interface CrackOptions {
  readonly pose: Pose;
  /** Where it starts, in the part's frame. */
  readonly at: Point;
  /** The direction it runs in, radians in the part's frame. */
  readonly heading: number;
  readonly length: readonly [number, number];
  readonly width: readonly [number, number];
  readonly inside: Material;
}

/** A jagged, tapering gap with one branch, its lips lifted a little. */
export function crack(random: Random, options: CrackOptions): (surface: Surface) => void {
  const length = jitter(
    random,
    (options.length[0] + options.length[1]) / 2,
    (options.length[1] - options.length[0]) / 2,
  );
  const width = jitter(
    random,
    (options.width[0] + options.width[1]) / 2,
    (options.width[1] - options.width[0]) / 2,
  );
  const trunk = jagged(random, options.at, options.heading, length, 13);
  const fork = trunk.points[5]!;
  const branch = jagged(
    random,
    fork,
    options.heading + jitter(random, 0, 0.2) + (random.integer(2) ? 0.7 : -0.7),
    length * 0.42,
    6,
  );
  return (surface) => {
    visit(surface, options.pose, 150, (x, y, i) => {
      const near = Math.abs(x - options.at[0]) < length + 8 && Math.abs(y - options.at[1]) < length + 8;
      if (!near) return;
      open(surface, i, trunk, x, y, width, options.inside);
      open(surface, i, branch, x, y, width * 0.65, options.inside);
    });
  };
}

function open(
  surface: Surface,
  i: number,
  curve: Curve,
  x: number,
  y: number,
  width: number,
  m: Material,
): void {
  const { distance, along } = nearestOnCurve(curve, x, y);
  const half = (width / 2) * (1 - 0.75 * along);
  if (distance > half + 3) return;
  const gap = smoothstep(half + 0.6, half - 0.5, distance);
  surface.height[i]! += 0.8 * smoothstep(half + 3, half, distance) * (1 - gap) - 4 * gap;
  tint(surface, i, gap, m);
}

function jagged(random: Random, from: Point, heading: number, length: number, steps: number): Curve {
  const points: Point[] = [from];
  let [x, y] = from;
  for (let k = 0; k < steps; k++) {
    const turn = heading + jitter(random, 0, 0.85);
    x += (Math.cos(turn) * length) / steps;
    y += (Math.sin(turn) * length) / steps;
    points.push([x, y]);
  }
  return { points };
}
