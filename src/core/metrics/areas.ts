// Curves here lie in 0…1. Beside the area under one, what it lacks below 1 is summed up: where nothing is lacking, the curve
// is 1 all along, and its mean height is said to be 1 and not what many rounded pieces came to.

/**
 * The area under a polyline with rising x, up to a cap on x, as a share of the cap; the piece that crosses the cap is cut
 * by interpolation.
 */
export class CappedArea {
  private total = 0;
  private lacking = 0;
  private readonly from: number;

  /** @param x where the polyline begins: what lies left of it counts as 0 */
  constructor(
    private readonly cap: number,
    private x = 0,
    private y = 0,
  ) {
    this.from = x;
  }

  lineTo(x: number, y: number): void {
    const end = Math.min(x, this.cap);
    if (end > this.x) {
      const yAtEnd = end === x ? y : this.y + ((y - this.y) * (end - this.x)) / (x - this.x);
      this.total += ((end - this.x) * (this.y + yAtEnd)) / 2;
      this.lacking += (end - this.x) * (1 - this.y + (1 - yAtEnd));
    }
    this.x = x;
    this.y = y;
  }

  get share(): number {
    const end = Math.min(this.x, this.cap);
    const area = this.lacking === 0 ? Math.max(0, end - this.from) : this.total;
    return within(area / this.cap);
  }
}

/** Mean height of points sorted by x, by the trapezoidal rule: their area over the width that they span. */
export function meanHeight(points: readonly (readonly [x: number, y: number])[]): number {
  let area = 0;
  let lacking = 0;
  for (let i = 1; i < points.length; i++) {
    const [x0, y0] = points[i - 1]!;
    const [x1, y1] = points[i]!;
    area += ((x1 - x0) * (y0 + y1)) / 2;
    lacking += (x1 - x0) * (1 - y0 + (1 - y1));
  }
  return lacking === 0 ? 1 : within(area / (points.at(-1)![0] - points[0]![0]));
}

/** Rounding must not lead out of 0…1. */
function within(value: number): number {
  return Math.min(1, Math.max(0, value));
}
