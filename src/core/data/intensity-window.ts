/** The 16-bit values that become black and white, both included; the same for every image of a model. */
export type IntensityWindow = readonly [lowest: number, highest: number];

/** All of a 16-bit file: keeps the high byte of each sample. */
export const fullWindow: IntensityWindow = [0, 65535];

/** The values in use in a set of 16-bit images, and the window that follows. */
export interface FoundWindow {
  readonly window: IntensityWindow;
  /** Lowest and highest value, rare outliers left out. */
  readonly values: readonly [number, number];
  /** Share of samples outside the values: dead and glaring pixels. */
  readonly outside: number;
}

/**
 * Samples of 16 bits as 8: `⌊(v − lowest) · 256 / (highest − lowest + 1)⌋`, clipped. The full window keeps the high byte,
 * 0,4095 the upper eight of twelve bits.
 */
export function throughWindow(samples: Uint16Array, [lowest, highest]: IntensityWindow): Uint8Array {
  const factor = 256 / (highest - lowest + 1);
  const out = new Uint8ClampedArray(samples.length);
  for (let i = 0; i < samples.length; i++) out[i] = Math.floor((samples[i]! - lowest) * factor);
  return new Uint8Array(out.buffer);
}

/** As `--window` takes it. */
export function windowText([lowest, highest]: IntensityWindow): string {
  return `${lowest},${highest}`;
}

/** Whether two windows are the same; none is only like none. */
export function sameWindow(a: IntensityWindow | undefined, b: IntensityWindow | undefined): boolean {
  return a?.[0] === b?.[0] && a?.[1] === b?.[1];
}

// A camera of few bits leaves the rest of the file's 16 at zero.
const cameraBits = [8, 10, 12, 14, 16] as const;
const rare = 0.001; // dead and glaring pixels, which must not decide for all the others
const narrow = 4; // times smaller than what holds them: values that would be left with a fourth of the grey levels

/**
 * The window of 16-bit images by how often each value occurs: all values of the camera's bits (8, 10, 12, 14 or 16) that
 * hold the highest one, or, where the values fill less than a quarter of that (a thermal camera), their own range, wider
 * by an eighth on either side and rounded outwards, so that more images of the same kind find the same window.
 *
 * @param counts of the 65,536 values
 */
export function windowOf(counts: Float64Array): FoundWindow {
  const { low, high, outside } = rangeOf(counts);
  const values = [low, high] as const;
  const bits = cameraBits.find((n) => high < 2 ** n) ?? 16;
  const span = high - low + 1;
  if (span * narrow >= 2 ** bits) return { window: [0, 2 ** bits - 1], values, outside };
  const margin = span / 8;
  const step = 2 ** Math.max(0, Math.floor(Math.log2(span / 4)));
  const lowest = Math.max(0, Math.floor((low - margin) / step) * step);
  const highest = Math.ceil((high + 1 + margin) / step) * step - 1;
  const levels = 256; // fewer values than grey levels need no stretching
  return { window: [lowest, Math.min(65535, Math.max(highest, lowest + levels - 1))], values, outside };
}

function rangeOf(all: Float64Array): { low: number; high: number; outside: number } {
  const counts = withoutMarks(all);
  const total = counts.reduce((sum, n) => sum + n, 0);
  if (total === 0) return { low: 0, high: 65535, outside: 0 };
  const [low, high] = boundsOf(counts, 0);
  const [lowMost, highMost] = boundsOf(counts, total * rare);
  if (high - low + 1 <= narrow * (highMost - lowMost + 1)) return { low, high, outside: 0 };
  const inside = counts.subarray(lowMost, highMost + 1).reduce((sum, n) => sum + n, 0);
  return { low: lowMost, high: highMost, outside: 1 - inside / total };
}

/** Cameras mark pixels that they could not measure by 0 or 65535. */
function withoutMarks(all: Float64Array): Float64Array {
  const counts = all.slice();
  counts[0] = 0;
  counts[65535] = 0;
  return counts.some((n) => n > 0) ? counts : all;
}

/** First and last value such that no more than `spare` samples lie below the one and above the other. */
function boundsOf(counts: Float64Array, spare: number): [number, number] {
  let low = 0;
  for (let below = counts[0]!; below <= spare; below += counts[low]!) low++;
  let high = counts.length - 1;
  for (let above = counts[high]!; above <= spare; above += counts[high]!) high--;
  return [low, high];
}
