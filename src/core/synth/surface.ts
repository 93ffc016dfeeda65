import type { Pose } from './geometry.js';

/** What lies under the camera, a value per pixel, before light falls on it. Planes are row-major [size, size]. */
export interface Surface {
  readonly size: number;
  /** Pixels per unit; the picture is 256 units wide. */
  readonly unit: number;
  /** Height above the table, units. */
  readonly height: Float32Array;
  /** Albedo, 0..1. */
  readonly red: Float32Array;
  readonly green: Float32Array;
  readonly blue: Float32Array;
  /** 0 matt … 1 polished. */
  readonly gloss: Float32Array;
  /** 0 paint or plastic (white highlights) … 1 metal (reflects its surroundings, tinted). */
  readonly metal: Float32Array;
}

/** What a shape is made of. */
export interface Material {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly gloss: number;
  readonly metal: number;
}

export function createSurface(size: number): Surface {
  const plane = () => new Float32Array(size * size);
  return {
    size,
    unit: size / 256,
    height: plane(),
    red: plane(),
    green: plane(),
    blue: plane(),
    gloss: plane(),
    metal: plane(),
  };
}

export function copySurface(surface: Surface): Surface {
  return {
    size: surface.size,
    unit: surface.unit,
    height: surface.height.slice(),
    red: surface.red.slice(),
    green: surface.green.slice(),
    blue: surface.blue.slice(),
    gloss: surface.gloss.slice(),
    metal: surface.metal.slice(),
  };
}

/** Share of a pixel that a shape covers, from its signed distance in units. */
export function coverage(surface: Surface, distance: number): number {
  const share = 0.5 - distance * surface.unit;
  return share < 0 ? 0 : Math.min(share, 1);
}

/** Puts a material at a height over what is there; `alpha` is the share of the pixel it covers, `tone` scales its colour. */
export function lay(
  surface: Surface,
  i: number,
  alpha: number,
  m: Material,
  tone: number,
  height: number,
): void {
  const keep = 1 - alpha;
  surface.red[i] = surface.red[i]! * keep + m.red * tone * alpha;
  surface.green[i] = surface.green[i]! * keep + m.green * tone * alpha;
  surface.blue[i] = surface.blue[i]! * keep + m.blue * tone * alpha;
  surface.gloss[i] = surface.gloss[i]! * keep + m.gloss * alpha;
  surface.metal[i] = surface.metal[i]! * keep + m.metal * alpha;
  surface.height[i] = surface.height[i]! * keep + height * alpha;
}

/** Colours what is there without moving it: ink, stains. */
export function tint(surface: Surface, i: number, alpha: number, m: Material): void {
  lay(surface, i, alpha, m, 1, surface.height[i]!);
}

/**
 * Visits every pixel whose centre lies within `reach` units of the pose, with its coordinates in the pose's own frame.
 * The bound is a square in the picture: cheap, and never too small.
 */
export function visit(
  surface: Surface,
  pose: Pose,
  reach: number,
  each: (x: number, y: number, i: number) => void,
): void {
  const { size, unit } = surface;
  const c = Math.cos(pose.angle);
  const s = Math.sin(pose.angle);
  const left = Math.max(0, Math.floor((pose.x - reach) * unit));
  const right = Math.min(size - 1, Math.ceil((pose.x + reach) * unit));
  const top = Math.max(0, Math.floor((pose.y - reach) * unit));
  const bottom = Math.min(size - 1, Math.ceil((pose.y + reach) * unit));
  for (let row = top; row <= bottom; row++) {
    const dy = (row + 0.5) / unit - pose.y;
    for (let column = left; column <= right; column++) {
      const dx = (column + 0.5) / unit - pose.x;
      each(dx * c + dy * s, dy * c - dx * s, row * size + column);
    }
  }
}

/** Every pixel, in units of the picture. */
export function visitAll(surface: Surface, each: (x: number, y: number, i: number) => void): void {
  visit(surface, { x: 128, y: 128, angle: 0 }, 128, each);
}
