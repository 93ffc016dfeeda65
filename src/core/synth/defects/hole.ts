import type { Random } from '../../nn/random.js';
import { type Point, type Pose, place, smoothstep } from '../geometry.js';
import { cloudNoise } from '../noise.js';
import { jitter } from '../part.js';
import { lay, type Material, type Surface, tint, visit } from '../surface.js';
import { wobblyOutline } from './outline.js';

export interface HoleOptions {
  readonly pose: Pose;
  readonly at: Point;
  readonly radius: readonly [number, number];
  /** What one sees through it. */
  readonly inside: Material;
  /** The damaged edge around it. */
  readonly rim: Material;
  /** Width of that edge, in radii. */
  readonly rimWidth: number;
}

/** A hole with an irregular outline, through to whatever lies below, with a damaged edge. */
export function hole(random: Random, options: HoleOptions): (surface: Surface) => void {
  const radius = jitter(
    random,
    (options.radius[0] + options.radius[1]) / 2,
    (options.radius[1] - options.radius[0]) / 2,
  );
  const outline = wobblyOutline(random, 0.24);
  const [x, y] = place(options.pose, options.at[0], options.at[1]);
  const angle = jitter(random, 0, Math.PI);
  const grain = random.integer(256);
  return (surface) => {
    const cloud = cloudNoise();
    const outer = 1 + options.rimWidth;
    visit(surface, { x, y, angle }, radius * outer * 1.7, (u, v, i) => {
      const r =
        Math.sqrt(u * u + v * v) / (radius * outline(Math.atan2(v, u))) +
        0.06 * cloud.at(u * 3 + grain, v * 3);
      if (r > outer) return;
      tint(surface, i, 0.85 * smoothstep(outer, 1, r), options.rim);
      surface.height[i]! += 0.8 * smoothstep(outer, 1.05, r);
      const open = smoothstep(1.04, 0.94, r);
      if (open > 0) lay(surface, i, open, options.inside, 1, -6);
    });
  };
}
