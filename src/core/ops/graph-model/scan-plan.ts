import type { VisitingOrder } from '../../scan/visiting-order.js';

/** How a scan is laid out: T steps, each of Q = S·C rows; row (s, k, g) is piece s of the chain of direction k, segment g. */
export interface ScanPlan {
  readonly directions: number;
  readonly length: number;
  readonly channels: number;
  readonly states: number;
  /** C = directions · segments. */
  readonly chains: number;
  /** S. */
  readonly pieces: number;
  /** T. */
  readonly steps: number;
}

/** Shorter chains are walked step by step: pieces cost twice the arithmetic to save nodes. */
const shortChain = 64;

/** Numbers of a state, 4 MB: beyond that, more pieces only cost memory. */
const largestState = 1 << 20;

/** @param a shape of the state matrix `[K,D,N]` */
export function scanPlan(
  { directions, length, segment }: VisitingOrder,
  [, channels, states]: readonly [number, number, number],
): ScanPlan {
  const chains = (directions * length) / segment;
  const fits = (pieces: number) => pieces * chains * states * channels <= largestState;
  const divisors = Array.from({ length: segment }, (_, i) => i + 1).filter((n) => segment % n === 0);
  // Of a step 12 nodes, of a piece 3.
  const nodes = (pieces: number) => 12 * (segment / pieces) + 3 * pieces;
  const pieces =
    segment <= shortChain
      ? 1
      : divisors.filter(fits).reduce((best, n) => (nodes(n) < nodes(best) ? n : best), 1);
  return { directions, length, channels, states, chains, pieces, steps: segment / pieces };
}

/** Where the step t of row (s, k, g) reads, for all of them in that order. */
export function readPlaces(
  { indices, segment }: VisitingOrder,
  { directions, length, chains, pieces, steps }: ScanPlan,
  place: (direction: number, pixel: number) => number,
): Int32Array {
  const places = new Int32Array(directions * length);
  const segments = chains / directions;
  let at = 0;
  for (let t = 0; t < steps; t++) {
    for (let s = 0; s < pieces; s++) {
      for (let k = 0; k < directions; k++) {
        for (let g = 0; g < segments; g++) {
          places[at++] = place(k, indices[k * length + g * segment + s * steps + t]!);
        }
      }
    }
  }
  return places;
}

/** For each direction, where among all steps' outputs that of each pixel lies. */
export function writePlaces(order: VisitingOrder, plan: ScanPlan): Int32Array[] {
  const { directions, length } = plan;
  const visits = readPlaces(order, plan, (k, pixel) => k * length + pixel);
  const places = new Int32Array(visits.length);
  visits.forEach((visited, at) => {
    places[visited] = at;
  });
  return Array.from({ length: directions }, (_, k) => places.slice(k * length, (k + 1) * length));
}
