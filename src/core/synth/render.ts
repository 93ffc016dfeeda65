import { createRandom, type Random } from '../nn/random.js';
import { drawGrain, expose, type Grain } from './camera.js';
import { illuminate, type Light } from './lighting.js';
import { changedPixels, maskShare } from './mask.js';
import { jitter, type PartKind } from './part.js';
import { createSurface } from './surface.js';

export interface Photograph {
  /** RGB, [size, size, 3]. */
  readonly pixels: Uint8Array;
  /** 0 or 255, [size, size]; absent on good parts. */
  readonly mask?: Uint8Array;
}

/** A product class whose specimen type is hidden, so that different ones fit one list. */
export interface Part {
  readonly name: string;
  readonly defects: readonly string[];
  /** Photographs one part; the same seed and size give the same pixels, with the defect or without. */
  photograph(seed: readonly number[], size: number, defect?: string): Photograph;
}

const smallest = 0.008; // of the image: a fair defect is visible …
const largest = 0.08; // … and does not fill the picture
const attempts = 24;

export function part<S>(kind: PartKind<S>): Part {
  return {
    name: kind.name,
    defects: Object.keys(kind.defects),
    photograph: (seed, size, defect) => photograph(kind, seed, size, defect),
  };
}

function photograph<S>(
  kind: PartKind<S>,
  seed: readonly number[],
  size: number,
  defect?: string,
): Photograph {
  const random = createRandom(mixed(seed));
  const specimen = kind.specimen(random);
  const light = drawLight(random);
  const grain = drawGrain(random);
  const good = develop(kind, specimen, size, light, grain);
  if (defect === undefined) return { pixels: good };
  let best: Photograph | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const fault = kind.defects[defect]!(
      specimen,
      createRandom(mixed([...seed, attempt, ...Buffer.from(defect)])),
    );
    const pixels = develop(kind, fault.specimen ?? specimen, size, light, grain, fault.spoil);
    const mask = changedPixels(good, pixels, size);
    const share = maskShare(mask);
    if (share >= smallest && share <= largest) return { pixels, mask };
    if (share > 0) best ??= { pixels, mask };
  }
  if (!best) throw new Error(`${kind.name}: ${defect} left no visible mark in ${attempts} attempts.`);
  return best;
}

function develop<S>(
  kind: PartKind<S>,
  specimen: S,
  size: number,
  light: Light,
  grain: Grain,
  spoil?: (surface: ReturnType<typeof createSurface>) => void,
): Uint8Array {
  const surface = createSurface(size);
  kind.paint(surface, specimen);
  spoil?.(surface);
  return expose(illuminate(surface, light), size, grain);
}

function drawLight(random: Random): Light {
  return {
    azimuth: jitter(random, -2.2, 0.05), // from the upper left
    elevation: jitter(random, 0.82, 0.02),
    gain: jitter(random, 1, 0.05),
    warmth: jitter(random, 0, 0.02),
    gradient: [jitter(random, -0.12, 0.05), jitter(random, -0.12, 0.05)],
  };
}

/** One 32-bit seed from several numbers, each of them counting (FNV-1a over their bytes). */
export function mixed(seed: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const number of seed) {
    for (let shift = 0; shift < 32; shift += 8) {
      hash = Math.imul(hash ^ ((number >>> shift) & 0xff), 0x01000193);
    }
  }
  return hash >>> 0;
}
