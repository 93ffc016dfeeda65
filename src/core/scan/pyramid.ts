import { visitingOrder } from './directions.js';
import type { VisitingOrder } from './visiting-order.js';

/**
 * The visiting orders of one pyramid level (Pyramid-Mamba): the map cut into `cuts × cuts` equal patches, each
 * swept in four directions with a state of its own. `cuts` 1 is the whole map, 2 its quadrants, 4 sub-quadrants.
 */
export function pyramidOrder(n: number, cuts: number): VisitingOrder {
  const key = `${n}/${cuts}`;
  const known = cache.get(key);
  if (known) return known;
  const side = n / cuts;
  const patch = visitingOrder('sweep', 4, side);
  const indices = new Int32Array(4 * n * n);
  let t = 0;
  for (let k = 0; k < 4; k++) {
    for (let p = 0; p < cuts * cuts; p++) {
      const top = Math.floor(p / cuts) * side;
      const left = (p % cuts) * side;
      for (let s = 0; s < side * side; s++) {
        const pixel = patch.indices[k * side * side + s]!;
        indices[t++] = (top + Math.floor(pixel / side)) * n + left + (pixel % side);
      }
    }
  }
  const result = { indices, directions: 4, length: n * n, segment: side * side };
  cache.set(key, result);
  return result;
}

const cache = new Map<string, VisitingOrder>();
