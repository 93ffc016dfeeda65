import { createRandom } from '../nn/random.js';

const side = 256;
const last = side - 1;

/** A periodic picture of noise, 256×256, mean 0, standard deviation 1; read at any coordinates. */
export class NoiseTile {
  constructor(private readonly values: Float32Array) {}

  /** Nearest value: for grain as fine as the tile itself. */
  grain(x: number, y: number): number {
    return this.values[((Math.floor(y) & last) << 8) | (Math.floor(x) & last)]!;
  }

  /** Bilinear value: for soft clouds. */
  at(x: number, y: number): number {
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const fx = x - x0;
    const fy = y - y0;
    const top = (y0 & last) << 8;
    const bottom = ((y0 + 1) & last) << 8;
    const left = x0 & last;
    const right = (x0 + 1) & last;
    const v = this.values;
    const upper = v[top | left]! * (1 - fx) + v[top | right]! * fx;
    const lower = v[bottom | left]! * (1 - fx) + v[bottom | right]! * fx;
    return upper * (1 - fy) + lower * fy;
  }
}

// The tiles are the same for every seed of a data set: what varies between images is where they are read.
const tiles = new Map<string, NoiseTile>();

/** White noise. */
export function whiteNoise(): NoiseTile {
  return remember('white', () => whiteValues(11));
}

/** Clouds: four octaves of smooth noise, the coarsest with 8 cells a side. */
export function cloudNoise(): NoiseTile {
  return remember('cloud', () => octaves([8, 16, 32, 64], 23));
}

/** One octave with 32 cells a side: blotches about 8 wide. */
export function blotchNoise(): NoiseTile {
  return remember('blotch', () => octaves([32], 37));
}

function remember(name: string, make: () => Float32Array): NoiseTile {
  const known = tiles.get(name);
  if (known) return known;
  const tile = new NoiseTile(standardised(make()));
  tiles.set(name, tile);
  return tile;
}

function whiteValues(seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: side * side }, () => random.normal());
}

function octaves(cellCounts: readonly number[], seed: number): Float32Array {
  const sum = new Float32Array(side * side);
  cellCounts.forEach((cells, octave) => {
    const lattice = whiteLattice(cells, seed + octave);
    const weight = 0.6 ** octave;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        sum[y * side + x]! += weight * latticeValue(lattice, cells, (x * cells) / side, (y * cells) / side);
      }
    }
  });
  return sum;
}

function whiteLattice(cells: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: cells * cells }, () => random.normal());
}

function latticeValue(lattice: Float32Array, cells: number, x: number, y: number): number {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const fx = smooth(x - x0);
  const fy = smooth(y - y0);
  const x1 = (x0 + 1) % cells;
  const y1 = (y0 + 1) % cells;
  const upper = lattice[y0 * cells + x0]! * (1 - fx) + lattice[y0 * cells + x1]! * fx;
  const lower = lattice[y1 * cells + x0]! * (1 - fx) + lattice[y1 * cells + x1]! * fx;
  return upper * (1 - fy) + lower * fy;
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

function standardised(values: Float32Array): Float32Array {
  let mean = 0;
  for (const v of values) mean += v / values.length;
  let variance = 0;
  for (const v of values) variance += (v - mean) ** 2 / values.length;
  const deviation = Math.sqrt(variance);
  return values.map((v) => (v - mean) / deviation);
}
