import { segmentDistance } from './geometry.js';

// A plotter's alphabet on a grid 4 wide and 6 high, y down: strokes are runs of xy digit pairs. Drawn by ourselves so
// that an imprint looks the same on machines with other fonts, or none.
const strokes: Record<string, string> = {
  A: '062046 1333',
  B: '06003041423303 3344453606',
  C: '4130100105163645',
  D: '06003041453606',
  L: '000646',
  M: '0600234046',
  R: '06003041423303 2346',
  U: '000516364540',
  '0': '103041453616050110',
  '1': '112026',
  '2': '01103041420646',
  '5': '400002324345361605',
  '7': '004016',
  '8': '103041423313020110 133344453616050413',
  '-': '1333',
};

/** One text, its strokes as segments in units, centred on the origin. */
export interface Lettering {
  readonly segments: Float32Array;
  readonly halfWidth: number;
  readonly halfHeight: number;
}

/** Sets a text in capitals `height` units tall; characters without strokes are gaps. */
export function letter(text: string, height: number): Lettering {
  const scale = height / 6;
  const advance = 6 * scale;
  const width = text.length * advance - 2 * scale;
  const segments: number[] = [];
  [...text].forEach((character, index) => {
    for (const run of (strokes[character] ?? '').split(' ')) {
      for (let k = 0; k + 3 < run.length; k += 2) {
        const [x0, y0, x1, y1] = [0, 1, 2, 3].map((j) => Number(run[k + j])) as [
          number,
          number,
          number,
          number,
        ];
        const left = index * advance - width / 2;
        const top = -height / 2;
        segments.push(left + x0 * scale, top + y0 * scale, left + x1 * scale, top + y1 * scale);
      }
    }
  });
  return { segments: Float32Array.from(segments), halfWidth: width / 2, halfHeight: height / 2 };
}

/** Distance to the nearest stroke, units; infinite well outside the text. */
export function letteringDistance(text: Lettering, x: number, y: number): number {
  if (Math.abs(x) > text.halfWidth + 4 || Math.abs(y) > text.halfHeight + 4) return Number.POSITIVE_INFINITY;
  let nearest = Number.POSITIVE_INFINITY;
  const s = text.segments;
  for (let k = 0; k < s.length; k += 4) {
    nearest = Math.min(nearest, segmentDistance(x, y, s[k]!, s[k + 1]!, s[k + 2]!, s[k + 3]!));
  }
  return nearest;
}
