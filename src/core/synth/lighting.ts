import { boxBlur } from './blur.js';
import { clamp01, smoothstep } from './geometry.js';
import type { Surface } from './surface.js';

/** How one photograph is lit. Directions are of the picture: x right, y down, z towards the camera. */
export interface Light {
  /** Where the lamp stands, radians in the picture plane. */
  readonly azimuth: number;
  /** Its height over the table, radians. */
  readonly elevation: number;
  /** Exposure, about 1. */
  readonly gain: number;
  /** Shift towards red (positive) or blue, about ±0.02. */
  readonly warmth: number;
  /** Fall-off of the lamp across the picture: change of brightness from one side to the other. */
  readonly gradient: readonly [x: number, y: number];
}

const reach = [1.5, 3, 5, 7.5, 11, 15, 20, 26, 33]; // units along the ray: finer near the surface, where contact shadows are
const ambient = 0.34;

/** Light falling on a surface: diffuse and specular shading, cast shadows, darkened corners. Returns linear RGB [size, size, 3]. */
export function illuminate(surface: Surface, light: Light): Float32Array {
  const { size, unit, height } = surface;
  const lx = Math.cos(light.azimuth) * Math.cos(light.elevation);
  const ly = Math.sin(light.azimuth) * Math.cos(light.elevation);
  const lz = Math.sin(light.elevation);
  const shadow = castShadows(surface, light);
  const surroundings = boxBlur(height, size, Math.max(1, Math.round(7 * unit)));
  const rgb = new Float32Array(size * size * 3);
  for (let row = 0; row < size; row++) {
    const up = row === 0 ? 0 : size;
    const down = row === size - 1 ? 0 : size;
    for (let column = 0; column < size; column++) {
      const i = row * size + column;
      const slopeX =
        (height[i + (column === size - 1 ? 0 : 1)]! - height[i - (column === 0 ? 0 : 1)]!) * 0.5 * unit;
      const slopeY = (height[i + down]! - height[i - up]!) * 0.5 * unit;
      const inverse = 1 / Math.sqrt(1 + slopeX * slopeX + slopeY * slopeY);
      const nx = -slopeX * inverse;
      const ny = -slopeY * inverse;
      const lit = 1 - shadow[i]!;
      const facing = Math.max(0, nx * lx + ny * ly + inverse * lz);
      const occlusion = 1 - 0.5 * clamp01((surroundings[i]! - height[i]!) / 14);
      const falloff =
        light.gain * (1 + light.gradient[0] * (column / size - 0.5) + light.gradient[1] * (row / size - 0.5));
      const diffuse = (ambient * occlusion + 0.9 * facing * lit) * falloff;
      const mirrored = reflection(nx, ny, inverse, lx, ly, lz);
      const metal = surface.metal[i]!;
      const gloss = surface.gloss[i]!;
      const body =
        diffuse * (1 - 0.55 * metal) +
        metal * (0.25 + 0.75 * gloss) * mirrored * occlusion * (1 - 0.65 * shadow[i]!) * falloff;
      const highlight = gloss * (1 - 0.6 * metal) * specular(nx, ny, inverse, lx, ly, lz) * lit * falloff;
      rgb[3 * i] = surface.red[i]! * body * (1 + light.warmth) + highlight;
      rgb[3 * i + 1] = surface.green[i]! * body + highlight;
      rgb[3 * i + 2] = surface.blue[i]! * body * (1 - light.warmth) + highlight;
    }
  }
  return rgb;
}

/** Blinn–Phong highlight with exponent 48, by squaring. */
function specular(nx: number, ny: number, nz: number, lx: number, ly: number, lz: number): number {
  const hz = lz + 1;
  const length = Math.sqrt(lx * lx + ly * ly + hz * hz);
  const s = Math.max(0, (nx * lx + ny * ly + nz * hz) / length);
  const s2 = s * s;
  const s4 = s2 * s2;
  const s8 = s4 * s4;
  const s16 = s8 * s8;
  return s16 * s16 * s16;
}

/** What a metal mirrors: a bright box towards the lamp, a dim one opposite, a dark room between. */
function reflection(nx: number, ny: number, nz: number, lx: number, ly: number, lz: number): number {
  const rx = 2 * nz * nx;
  const ry = 2 * nz * ny;
  const rz = 2 * nz * nz - 1;
  const towards = rx * lx + ry * ly + rz * lz;
  return 0.3 + 0.75 * smoothstep(0.35, 0.95, towards) + 0.22 * smoothstep(-0.1, -0.8, towards);
}

/** 0 lit … 1 in shadow, by marching from each pixel towards the lamp. */
function castShadows(surface: Surface, light: Light): Float32Array {
  const { size, unit, height } = surface;
  const shadow = new Float32Array(size * size);
  const climb = Math.tan(light.elevation);
  for (const distance of reach) {
    const dx = Math.round(Math.cos(light.azimuth) * distance * unit);
    const dy = Math.round(Math.sin(light.azimuth) * distance * unit);
    const rise = distance * climb;
    const softness = 1 / (1 + 0.25 * rise); // a lamp has a size: far edges cast blurred shadows
    for (let row = Math.max(0, -dy); row < Math.min(size, size - dy); row++) {
      for (let column = Math.max(0, -dx); column < Math.min(size, size - dx); column++) {
        const i = row * size + column;
        const above = (height[i + dy * size + dx]! - height[i]! - rise) * softness;
        if (above > shadow[i]!) shadow[i] = Math.min(above, 0.85);
      }
    }
  }
  return boxBlur(shadow, size, Math.max(1, Math.round(1.5 * unit)));
}
