import type { Random } from '../../nn/random.js';
import { type Point, type Pose, place } from '../geometry.js';
import { jitter } from '../part.js';
import { type Surface, visit } from '../surface.js';
import { wobblyOutline } from './outline.js';

export interface DentOptions {
  readonly pose: Pose;
  readonly at: Point;
  readonly radius: readonly [number, number];
  readonly depth: readonly [number, number];
}

/** A pit with a bulging rim: only the shape changes, the eye sees it by its shading. */
export function dent(random: Random, options: DentOptions): (surface: Surface) => void {
  const radius = jitter(
    random,
    (options.radius[0] + options.radius[1]) / 2,
    (options.radius[1] - options.radius[0]) / 2,
  );
  const depth = jitter(
    random,
    (options.depth[0] + options.depth[1]) / 2,
    (options.depth[1] - options.depth[0]) / 2,
  );
  const outline = wobblyOutline(random, 0.12);
  const [x, y] = place(options.pose, options.at[0], options.at[1]);
  const angle = jitter(random, 0, Math.PI);
  return (surface) =>
    visit(surface, { x, y, angle }, radius * 1.8, (u, v, i) => {
      const r = Math.sqrt(u * u + v * v * 1.5) / (radius * outline(Math.atan2(v, u)));
      if (r > 1.3) return;
      // A smooth bowl up to r = 1, then a low ridge that dies out at 1.3.
      const bowl = r < 1 ? (1 - r * r) ** 2 : 0;
      const ridge = Math.exp(-(((r - 0.95) / 0.16) ** 2));
      surface.height[i]! += depth * (0.16 * ridge - bowl);
    });
}
