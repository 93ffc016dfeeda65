import type { Random } from '../nn/random.js';
import type { Point } from './geometry.js';
import type { Surface } from './surface.js';

/** Something wrong with a part: either the specimen itself is another one, or its finished surface is spoiled. */
export interface Fault<S> {
  readonly specimen?: S;
  readonly spoil?: (surface: Surface) => void;
}

/**
 * One product class. Everything that differs between two good parts is drawn into a specimen first, painting draws
 * nothing: the same specimen with and without a fault differs in the fault alone, which is what makes masks exact.
 */
export interface PartKind<S> {
  readonly name: string;
  specimen(random: Random): S;
  paint(surface: Surface, specimen: S): void;
  /** Kinds of defects by name (the folder under test/), each draws one fault of a specimen. */
  readonly defects: Readonly<Record<string, (specimen: S, random: Random) => Fault<S>>>;
}

/** Uniform in [centre − spread, centre + spread]. */
export function jitter(random: Random, centre: number, spread: number): number {
  return centre + spread * (2 * random.uniform() - 1);
}

export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.integer(choices.length)]!;
}

/** A point at a distance between `near` and `far` from the origin, in the part's frame. */
export function ringPoint(random: Random, near: number, far: number): Point {
  const radius = near + (far - near) * random.uniform();
  const angle = 2 * Math.PI * random.uniform();
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}
