/** Which input samples make an output sample, and with what weight, along one axis. */
export interface Coefficients {
  /** First input sample of each output sample. */
  readonly first: Int32Array;
  /** How many input samples follow from there. */
  readonly count: Int32Array;
  /** `stride` weights an output sample, in units of 2^-weightBits. */
  readonly weights: Int32Array;
  readonly stride: number;
}

export const weightBits = 22; // Pillow's PRECISION_BITS: 32 bits less 8 of the sample and 2 for the sign and overshoot

const known = new Map<string, Coefficients>();
const mostKnown = 64; // a data set has a handful of sizes; a table of a large one is some kilobytes

/** Pillow's quantised triangle-filter weights from `from` to `to` samples, kept for the next image of that size. */
export function triangleCoefficients(from: number, to: number): Coefficients {
  const key = `${from}>${to}`;
  const found = known.get(key);
  if (found) return found;
  const made = compute(from, to);
  if (known.size >= mostKnown) known.delete(known.keys().next().value!);
  known.set(key, made);
  return made;
}

function compute(from: number, to: number): Coefficients {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * stride);
  for (let x = 0; x < to; x++) {
    const centre = (x + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const taps = Math.min(from, Math.trunc(centre + support + 0.5)) - start;
    const exact = Float64Array.from({ length: taps }, (_, i) =>
      triangle((i + start - centre + 0.5) * (1 / support)),
    );
    const total = exact.reduce((sum, weight) => sum + weight, 0);
    first[x] = start;
    count[x] = taps;
    for (let i = 0; i < taps; i++) {
      weights[x * stride + i] = Math.trunc(0.5 + (exact[i]! / total) * (1 << weightBits));
    }
  }
  return { first, count, weights, stride };
}

function triangle(distance: number): number {
  return Math.max(0, 1 - Math.abs(distance));
}
