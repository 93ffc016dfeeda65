import type { Random } from '../../nn/random.js';
import { type Point, type Pose, place, smoothstep } from '../geometry.js';
import { blotchNoise, whiteNoise } from '../noise.js';
import { jitter } from '../part.js';
import { copySurface, type Material, type Surface, visit } from '../surface.js';
import { wobblyOutline } from './outline.js';

export interface BrokenEdgeOptions {
  readonly pose: Pose;
  /** A point of the part's edge, in its frame: the middle of the piece that broke away. */
  readonly at: Point;
  readonly radius: readonly [number, number];
  /** The fresh fracture. */
  readonly fracture: Material;
}

/** A piece broken out of an edge: the ground shows where it was, bordered by a rough fracture that slopes down. */
export function brokenEdge(
  random: Random,
  options: BrokenEdgeOptions,
  paintGround: (surface: Surface) => void,
): (surface: Surface) => void {
  const radius = jitter(
    random,
    (options.radius[0] + options.radius[1]) / 2,
    (options.radius[1] - options.radius[0]) / 2,
  );
  const outline = wobblyOutline(random, 0.2);
  const [x, y] = place(options.pose, options.at[0], options.at[1]);
  const grain = random.integer(256);
  return (surface) => {
    const ground = copySurface(surface);
    paintGround(ground);
    const blotch = blotchNoise();
    const white = whiteNoise();
    visit(surface, { x, y, angle: 0 }, radius * 1.9, (u, v, i) => {
      const r =
        Math.sqrt(u * u + v * v) / (radius * outline(Math.atan2(v, u))) +
        0.05 * blotch.at(u * 4 + grain, v * 4);
      const base = ground.height[i]!;
      if (r > 1 || surface.height[i]! - base < 0.6) return;
      const away = smoothstep(0.8, 0.7, r);
      const slope = smoothstep(0.72, 1, r);
      const rough = 1 + 0.18 * white.grain(u + 99, v + grain);
      surface.height[i] = base + (surface.height[i]! - base) * slope * (1 - away);
      for (const plane of ['red', 'green', 'blue', 'gloss', 'metal'] as const) {
        surface[plane][i] = options.fracture[plane] * rough * (1 - away) + ground[plane][i]! * away;
      }
    });
  };
}
