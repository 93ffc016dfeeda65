/** A seeded stream of numbers whose whole state can be saved and restored. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** The state, for checkpoints. */
  state(): number[];
}

/**
 * xoshiro128** (Blackman and Vigna 2018), seeded by splitmix32: the same stream on every machine and engine.
 * Normals come from Box–Muller, both halves used.
 */
export function createRandom(seed: number | readonly number[]): Random {
  const [s0, s1, s2, s3, spare] = typeof seed === 'number' ? expandSeed(seed) : seed;
  return new Xoshiro(Uint32Array.of(s0!, s1!, s2!, s3!), spare ?? Number.NaN);
}

class Xoshiro implements Random {
  constructor(
    private readonly s: Uint32Array,
    private spare: number,
  ) {}

  uniform(): number {
    // 24 bits: exactly representable in float32, so that no draw rounds up to 1.
    return (this.next() >>> 8) / 0x1000000;
  }

  normal(): number {
    if (!Number.isNaN(this.spare)) {
      const value = this.spare;
      this.spare = Number.NaN;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  integer(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  state(): number[] {
    return Number.isNaN(this.spare) ? [...this.s] : [...this.s, this.spare];
  }

  private next(): number {
    const s = this.s;
    const x = Math.imul(s[1]!, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = s[1]! << 9;
    s[2] = s[2]! ^ s[0]!;
    s[3] = s[3]! ^ s[1]!;
    s[1] = s[1]! ^ s[2]!;
    s[0] = s[0]! ^ s[3]!;
    s[2] = s[2]! ^ t;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }
}

function expandSeed(seed: number): number[] {
  let z = seed >>> 0;
  return Array.from({ length: 4 }, () => {
    z = (z + 0x9e3779b9) >>> 0;
    let x = z;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return (x ^ (x >>> 16)) >>> 0;
  });
}
