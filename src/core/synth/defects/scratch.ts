import type { Random } from '../../nn/random.js';
import { type Point, type Pose, place, smoothstep } from '../geometry.js';
import { whiteNoise } from '../noise.js';
import { jitter } from '../part.js';
import { type Material, type Surface, tint, visit } from '../surface.js';
import { type Curve, nearestOnCurve } from './curve.js';

export interface ScratchOptions {
  readonly pose: Pose;
  /** Its middle, in the part's frame. */
  readonly at: Point;
  readonly length: readonly [number, number];
  readonly width: readonly [number, number];
  /** What shows in the groove; the material itself, brightened, when absent. */
  readonly bare?: Material;
  /** Only what is higher is marked, units: a mark does not run on across a hole or the table. */
  readonly above?: number;
}

/** A groove with raised burrs along a gentle curve, fading at both ends, with two fainter companions. */
export function scratch(random: Random, options: ScratchOptions): (surface: Surface) => void {
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
  const heading = jitter(random, 0, Math.PI);
  const bend = jitter(random, 0, 0.16);
  const curve = bent(length, bend);
  const offset = width * jitter(random, 1.9, 0.4) * (random.integer(2) * 2 - 1);
  const [x, y] = place(options.pose, options.at[0], options.at[1]);
  const grain = random.integer(256);
  const above = options.above ?? Number.NEGATIVE_INFINITY;
  return (surface) =>
    visit(surface, { x, y, angle: heading }, length / 2 + 12, (u, v, i) => {
      if (surface.height[i]! < above) return;
      carve(surface, i, curve, u, v, width, 1, grain, options.bare);
      carve(surface, i, curve, u * 1.25 + 9, v - offset, width * 0.5, 0.6, grain, options.bare);
    });
}

function carve(
  surface: Surface,
  i: number,
  curve: Curve,
  u: number,
  v: number,
  width: number,
  strength: number,
  grain: number,
  bare: Material | undefined,
): void {
  const { distance, along } = nearestOnCurve(curve, u, v);
  if (distance > width * 2) return;
  const fade = strength * smoothstep(0, 0.12, along) * smoothstep(1, 0.8, along);
  const rough = 1 + 0.15 * whiteNoise().grain(along * 200, grain);
  const groove = smoothstep(width * 0.5, width * 0.2, distance) * fade * rough;
  const burr = smoothstep(width * 0.35, 0, Math.abs(distance - width * 0.8)) * fade;
  surface.height[i]! += 0.7 * burr - 1.6 * groove;
  if (bare) tint(surface, i, Math.min(0.9, groove), bare);
  else brighten(surface, i, 0.5 * groove);
}

/** Fresh metal or crazed plastic scatters more light than the weathered skin around it. */
function brighten(surface: Surface, i: number, by: number): void {
  const share = Math.min(0.7, by);
  surface.red[i]! += (0.85 - surface.red[i]!) * share;
  surface.green[i]! += (0.85 - surface.green[i]!) * share;
  surface.blue[i]! += (0.85 - surface.blue[i]!) * share;
}

function bent(length: number, bend: number): Curve {
  const points: Point[] = [];
  for (let k = 0; k <= 12; k++) {
    const t = k / 6 - 1;
    points.push([(t * length) / 2, bend * length * (t * t - 0.5)]);
  }
  return { points };
}
