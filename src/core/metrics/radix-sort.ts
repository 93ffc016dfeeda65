// Least-significant-digit radix sort, three digits of 11, 11 and 10 bits: linear time without comparisons, for the
// millions of pixels of a class.

const BITS = 11;
const BUCKETS = 1 << BITS;
const MASK = BUCKETS - 1;

/** Keys sorted ascending, and the payload that travelled with each. */
export interface SortedKeys {
  readonly keys: Uint32Array;
  readonly payload: Uint32Array;
}

/**
 * Sorts the keys of several chunks into one array, ascending. The chunks are only read, so the memory peak is theirs
 * plus twice the result.
 */
export function sortKeys(chunks: readonly Uint32Array[]): Uint32Array {
  const total = lengthOf(chunks);
  let sorted: Uint32Array | undefined;
  let spare: Uint32Array | undefined;
  digitStarts(chunks).forEach((next, digit) => {
    // The first pass always runs: it is also the copy out of the chunks.
    if (sorted && isSingleBucket(next, total)) return;
    const target = spare ?? new Uint32Array(total);
    for (const source of sorted ? [sorted] : chunks) scatter(source, target, digit * BITS, next);
    spare = sorted;
    sorted = target;
  });
  return sorted ?? new Uint32Array(0);
}

/** Sorts keys ascending and carries a payload along; equal keys keep their order. */
export function sortKeysWithPayload(
  keyChunks: readonly Uint32Array[],
  payloadChunks: readonly Uint32Array[],
): SortedKeys {
  let keys = concatenate(keyChunks);
  let payload = concatenate(payloadChunks);
  let spareKeys = new Uint32Array(keys.length);
  let sparePayload = new Uint32Array(keys.length);
  digitStarts([keys]).forEach((next, digit) => {
    if (isSingleBucket(next, keys.length)) return;
    const shift = digit * BITS;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const at = next[(key >>> shift) & MASK]!++;
      spareKeys[at] = key;
      sparePayload[at] = payload[i]!;
    }
    [keys, spareKeys] = [spareKeys, keys];
    [payload, sparePayload] = [sparePayload, payload];
  });
  return { keys, payload };
}

function scatter(chunk: Uint32Array, target: Uint32Array, shift: number, next: Uint32Array): void {
  for (let i = 0; i < chunk.length; i++) {
    const key = chunk[i]!;
    target[next[(key >>> shift) & MASK]!++] = key;
  }
}

/** For each digit, the index in the sorted order at which each bucket starts. */
function digitStarts(chunks: readonly Uint32Array[]): Uint32Array[] {
  const low = new Uint32Array(BUCKETS);
  const middle = new Uint32Array(BUCKETS);
  const high = new Uint32Array(BUCKETS);
  for (const chunk of chunks) {
    for (let i = 0; i < chunk.length; i++) {
      const key = chunk[i]!;
      low[key & MASK]!++;
      middle[(key >>> BITS) & MASK]!++;
      high[key >>> (2 * BITS)]!++;
    }
  }
  return [low, middle, high].map(startsOf);
}

function startsOf(counts: Uint32Array): Uint32Array {
  let start = 0;
  return counts.map((count) => {
    const here = start;
    start += count;
    return here;
  });
}

function isSingleBucket(starts: Uint32Array, total: number): boolean {
  // Starts rise from 0 to the total; with one bucket filled they hold nothing in between.
  return starts.every((start) => start === 0 || start === total);
}

function lengthOf(chunks: readonly Uint32Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

function concatenate(chunks: readonly Uint32Array[]): Uint32Array<ArrayBuffer> {
  const whole = new Uint32Array(lengthOf(chunks));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
