/** The area under a polyline with rising x, up to a cap on x; the piece that crosses the cap is cut by interpolation. */
export class CappedArea {
  total = 0;

  constructor(
    private readonly cap: number,
    private x = 0,
    private y = 0,
  ) {}

  lineTo(x: number, y: number): void {
    const end = Math.min(x, this.cap);
    if (end > this.x) {
      const yAtEnd = this.y + ((y - this.y) * (end - this.x)) / (x - this.x);
      this.total += ((end - this.x) * (this.y + yAtEnd)) / 2;
    }
    this.x = x;
    this.y = y;
  }
}

/** Area under points sorted by x, by the trapezoidal rule. */
export function trapezoid(points: readonly (readonly [x: number, y: number])[]): number {
  let area = 0;
  for (let i = 1; i < points.length; i++) {
    const [x0, y0] = points[i - 1]!;
    const [x1, y1] = points[i]!;
    area += ((x1 - x0) * (y0 + y1)) / 2;
  }
  return area;
}
