// Quantiles of millions of pixel scores from a histogram over the leading bits of their float32 patterns: bins that are
// a fixed fraction of the value wide (0.2 %), whatever the scale of the maps, in constant memory.

const SHIFT = 14; // 18 bits are kept: sign, exponent and nine bits of the fraction
const SIGN = 0x8000_0000;

/** Counts pixel scores so that upper quantiles can be read off. */
export class PixelTail {
  private readonly counts = new Uint32Array(1 << (32 - SHIFT));
  private total = 0;

  get pixels(): number {
    return this.total;
  }

  add(map: Float32Array): void {
    const bits = new Uint32Array(map.buffer, map.byteOffset, map.length);
    for (let i = 0; i < bits.length; i++) {
      const pattern = bits[i]!;
      const key = pattern < SIGN ? pattern | SIGN : ~pattern;
      this.counts[key >>> SHIFT]!++;
    }
    this.total += map.length;
  }

  merge(other: PixelTail): void {
    for (let i = 0; i < this.counts.length; i++) this.counts[i]! += other.counts[i]!;
    this.total += other.total;
  }

  /** The lowest bin edge that at most the given fraction of the pixels exceed; undefined without pixels. */
  exceededBy(fraction: number): number | undefined {
    if (this.total === 0) return undefined;
    const allowed = fraction * this.total;
    let above = 0;
    for (let bin = this.counts.length - 1; bin >= 0; bin--) {
      above += this.counts[bin]!;
      if (above > allowed) return upperEdge(bin);
    }
    return upperEdge(0);
  }
}

function upperEdge(bin: number): number {
  const key = (((bin + 1) << SHIFT) >>> 0) - 1;
  const pattern = Uint32Array.of(key >= SIGN ? key - SIGN : ~key);
  return new Float32Array(pattern.buffer)[0]!;
}
