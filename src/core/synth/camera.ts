import type { Random } from '../nn/random.js';
import { whiteNoise } from './noise.js';

/** The grain of one exposure: where the noise tile is read. Two exposures with the same grain have the same noise. */
export interface Grain {
  readonly x: number;
  readonly y: number;
  /** Standard deviation, grey levels of 255. */
  readonly strength: number;
}

export function drawGrain(random: Random): Grain {
  return { x: random.integer(256), y: random.integer(256), strength: 1.6 + 0.8 * random.uniform() };
}

/** Linear RGB → 8-bit RGB, display gamma, with sensor noise. [size, size, 3] both. */
export function expose(rgb: Float32Array, size: number, grain: Grain): Uint8Array {
  const noise = whiteNoise();
  const pixels = new Uint8Array(rgb.length);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const i = 3 * (row * size + column);
      // The three channels read three far-away places of one tile: independent enough, and a third of the memory.
      const x = grain.x + column + (row >> 8) * 31;
      const y = grain.y + row + (column >> 8) * 57;
      pixels[i] = level(rgb[i]!, noise.grain(x, y) * grain.strength);
      pixels[i + 1] = level(rgb[i + 1]!, noise.grain(x + 83, y + 29) * grain.strength);
      pixels[i + 2] = level(rgb[i + 2]!, noise.grain(x + 171, y + 101) * grain.strength);
    }
  }
  return pixels;
}

function level(linear: number, noise: number): number {
  const tabled = toneCurve[linear <= 0 ? 0 : linear >= 1 ? 4095 : Math.floor(linear * 4095)]!;
  const value = tabled + noise + 0.5;
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.floor(value);
}

// Gamma 2.2 with a soft shoulder: highlights roll off instead of clipping, as in a photograph.
const toneCurve = Float32Array.from({ length: 4096 }, (_, k) => {
  const x = k / 4095;
  return 255 * (x < 0.7 ? x : 0.7 + 0.3 * (1 - Math.exp((0.7 - x) / 0.3)) * 1.1) ** (1 / 2.2);
});
