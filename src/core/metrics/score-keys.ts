// Float32 bit patterns, turned so that unsigned integers sort as the numbers do: pixel scores are sorted, compared
// and stored as these keys, four bytes each.

const SIGN = 0x8000_0000;

/**
 * Keys of float32 scores: `key(a) < key(b)` exactly when `a < b`. Minus zero equals zero.
 * The caller must have refused NaN; infinities sort to the ends.
 */
export function keysOf(scores: Float32Array, keys: Uint32Array): void {
  const bits = new Uint32Array(scores.buffer, scores.byteOffset, scores.length);
  for (let i = 0; i < bits.length; i++) {
    const pattern = bits[i]!;
    keys[i] = pattern < SIGN ? pattern | SIGN : pattern === SIGN ? SIGN : ~pattern;
  }
}

const oneKey = new Uint32Array(1);
const oneScore = new Float32Array(oneKey.buffer);

/** The score of a key, exact. */
export function scoreOf(key: number): number {
  oneKey[0] = key >= SIGN ? key - SIGN : ~key;
  return oneScore[0]!;
}

/** The number of keys, sorted ascending, for which a rising condition does not hold yet. */
export function firstWhere(sorted: Uint32Array, holds: (score: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(scoreOf(sorted[middle]!))) high = middle;
    else low = middle + 1;
  }
  return low;
}
