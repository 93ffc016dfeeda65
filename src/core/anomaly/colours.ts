import { interpolateTurbo } from 'd3-scale-chromatic';

export type Rgb = readonly [red: number, green: number, blue: number];

// Turbo has neither white nor magenta, so contours stand out on every heat.
export const PREDICTED: Rgb = [255, 255, 255];
export const SHADE: Rgb = [0, 0, 0];
export const TRUTH: Rgb = [255, 0, 255];

/** Where the colours of a map begin and where the threshold lies. */
export interface HeatScale {
  /** Value at the cold end. Default 0, the anomaly of a perfect match. */
  low?: number;
  threshold: number;
}

const STEPS = 256;
let ramp: Uint8Array | undefined;

/**
 * Place of a map value on the colour ramp, 0…1: 0.5 at the threshold whatever the class, 1 from twice its distance from
 * the cold end. A colour therefore means the same in every overlay.
 */
export function heatOf(value: number, { low = 0, threshold }: HeatScale): number {
  const half = threshold - low;
  // A threshold at the cold end leaves nothing between: everything above it is hot.
  const place = half > 0 ? (value - low) / (2 * half) : value > threshold ? 1 : 0;
  return Math.min(1, Math.max(0, place));
}

/** Colour of a heat of 0…1, blue over green to red (Turbo; Mikhailov 2019). */
export function heatColour(heat: number): Rgb {
  ramp ??= Uint8Array.from(
    { length: 3 * STEPS },
    (_, i) => channels(Math.floor(i / 3) / (STEPS - 1))[i % 3]!,
  );
  const at = 3 * Math.round(heat * (STEPS - 1));
  return [ramp[at]!, ramp[at + 1]!, ramp[at + 2]!];
}

function channels(heat: number): number[] {
  return interpolateTurbo(heat).match(/\d+/gu)!.map(Number);
}
