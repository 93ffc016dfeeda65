import type { Random } from '../../nn/random.js';

/** A wobbly closed outline: radius as a function of the angle, the mean being 1. */
export type Outline = (angle: number) => number;

/** Sums five harmonics of falling strength; `wobble` about 0.1 (a pebble) to 0.35 (a splash). */
export function wobblyOutline(random: Random, wobble: number): Outline {
  const waves = [2, 3, 4, 6, 9].map((n) => ({
    n,
    phase: 2 * Math.PI * random.uniform(),
    strength: (wobble * (0.6 + 0.4 * random.uniform()) * 1.6) / Math.sqrt(n) / 2,
  }));
  return (angle) => waves.reduce((r, w) => r + w.strength * Math.sin(w.n * angle + w.phase), 1);
}
