import type { VisitingOrder } from './visiting-order.js';

/**
 * The visiting orders of one pyramid level (Pyramid-Mamba): the map cut into `cuts × cuts` equal square patches, each
 * walked as `patch` says with a state of its own. `cuts` 1 is the whole map, 2 its quadrants, 4 sub-quadrants.
 *
 * @param patch orders of one patch, see `visitingOrder`
 */
export function pyramidOrder(patch: VisitingOrder, cuts: number): VisitingOrder {
  const levels = cache.get(patch) ?? new Map<number, VisitingOrder>();
  cache.set(patch, levels);
  const known = levels.get(cuts);
  if (known) return known;
  const side = Math.sqrt(patch.length);
  const n = side * cuts;
  const indices = new Int32Array(patch.directions * n * n);
  let t = 0;
  for (let k = 0; k < patch.directions; k++) {
    for (let p = 0; p < cuts * cuts; p++) {
      const top = Math.floor(p / cuts) * side;
      const left = (p % cuts) * side;
      for (let s = 0; s < patch.length; s++) {
        const pixel = patch.indices[k * patch.length + s]!;
        indices[t++] = (top + Math.floor(pixel / side)) * n + left + (pixel % side);
      }
    }
  }
  const result = { indices, directions: patch.directions, length: n * n, segment: patch.length };
  levels.set(cuts, result);
  return result;
}

const cache = new WeakMap<VisitingOrder, Map<number, VisitingOrder>>();
