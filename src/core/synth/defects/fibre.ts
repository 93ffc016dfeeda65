import type { Random } from '../../nn/random.js';
import { type Point, type Pose, place, smoothstep } from '../geometry.js';
import { jitter } from '../part.js';
import { lay, type Material, type Surface, visit } from '../surface.js';
import { nearestOnCurve } from './curve.js';

export interface FibreOptions {
  readonly pose: Pose;
  readonly at: Point;
  readonly length: readonly [number, number];
  readonly width: number;
  readonly material: Material;
}

/** A stray thread lying on the part, curled, with the shadow it casts. */
export function fibre(random: Random, options: FibreOptions): (surface: Surface) => void {
  const length = jitter(
    random,
    (options.length[0] + options.length[1]) / 2,
    (options.length[1] - options.length[0]) / 2,
  );
  const [x, y] = place(options.pose, options.at[0], options.at[1]);
  const curve = { points: curled(random, length) };
  const half = options.width / 2;
  return (surface) =>
    visit(surface, { x, y, angle: 0 }, length * 0.75, (u, v, i) => {
      const { distance } = nearestOnCurve(curve, u, v);
      if (distance > half + 1) return;
      const alpha = smoothstep(half + 0.5, half - 0.4, distance);
      const round = Math.sqrt(Math.max(0, 1 - (distance / half) ** 2));
      lay(surface, i, alpha, options.material, 0.7 + 0.3 * round, surface.height[i]! + 1.6 + 1.2 * round);
    });
}

/** A walk whose heading drifts, centred on the origin. */
function curled(random: Random, length: number): Point[] {
  const steps = 22;
  let heading = jitter(random, 0, Math.PI);
  let turn = jitter(random, 0, 0.22);
  let [x, y] = [0, 0];
  const points: Point[] = [[0, 0]];
  for (let k = 0; k < steps; k++) {
    turn += jitter(random, 0, 0.12);
    heading += Math.max(-0.4, Math.min(0.4, turn));
    x += (Math.cos(heading) * length) / steps;
    y += (Math.sin(heading) * length) / steps;
    points.push([x, y]);
  }
  const middle = points[steps / 2]!;
  return points.map((p) => [p[0] - middle[0], p[1] - middle[1]]);
}
