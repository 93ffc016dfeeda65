import type { Random } from '../../nn/random.js';
import { type Point, type Pose, place, smoothstep } from '../geometry.js';
import { blotchNoise, cloudNoise, whiteNoise } from '../noise.js';
import { jitter } from '../part.js';
import { type Material, type Surface, tint, visit } from '../surface.js';
import { wobblyOutline } from './outline.js';

export interface StainOptions {
  readonly pose: Pose;
  readonly at: Point;
  readonly radius: readonly [number, number];
  readonly material: Material;
  /** How much of what lies below is hidden, 0..1. */
  readonly strength: number;
  /** How uneven its outline is: 0.1 a liquid, 0.35 a growth with islands. */
  readonly ragged: number;
  /** Roughness of a crust, units; 0 for a liquid. */
  readonly relief: number;
  /** Only what is higher is marked, units: a mark does not run on across a hole or the table. */
  readonly above?: number;
}

/** Dirt on the surface: ragged, uneven, with a darker edge where it dried. */
export function stain(random: Random, options: StainOptions): (surface: Surface) => void {
  const radius = jitter(
    random,
    (options.radius[0] + options.radius[1]) / 2,
    (options.radius[1] - options.radius[0]) / 2,
  );
  const outline = wobblyOutline(random, 0.18);
  const [x, y] = place(options.pose, options.at[0], options.at[1]);
  const angle = jitter(random, 0, Math.PI);
  const grain = random.integer(256);
  const above = options.above ?? Number.NEGATIVE_INFINITY;
  return (surface) => {
    const cloud = cloudNoise();
    const blotch = blotchNoise();
    const white = whiteNoise();
    visit(surface, { x, y, angle }, radius * 2, (u, v, i) => {
      if (surface.height[i]! < above) return;
      const r = Math.sqrt(u * u + v * v) / (radius * outline(Math.atan2(v, u)));
      if (r > 1.6) return;
      const uneven =
        r + options.ragged * (0.8 * cloud.at(u * 1.7 + grain, v * 1.7) + 0.25 * white.grain(u + grain, v));
      const edge = smoothstep(1.04, 0.88, uneven);
      if (edge === 0) return;
      const ring = 0.2 * smoothstep(0.25, 0, Math.abs(uneven - 0.9)); // dirt gathers where the edge dried
      const patchy = 0.86 + 0.16 * cloud.at(u + grain, v);
      tint(
        surface,
        i,
        Math.min(0.97, edge * Math.max(0.3, options.strength * patchy + ring)),
        options.material,
      );
      const crust = 0.7 + 0.3 * white.grain(u + 300, v + 300) + 0.4 * blotch.at(u * 2, v * 2);
      surface.height[i]! += options.relief * edge * crust;
    });
  };
}
