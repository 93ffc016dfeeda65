import type { Pose } from '../geometry.js';

export type Footprint = 'chip' | 'resistor' | 'capacitor' | 'can' | 'led';

/** A component's place in the board's frame, units, and the text printed on or beside it. */
export interface Component {
  readonly kind: Footprint;
  readonly pose: Pose;
  readonly label: string;
}

const upright = Math.PI / 2;

export const components: readonly Component[] = [
  { kind: 'chip', pose: { x: 0, y: -6, angle: 0 }, label: 'MB-128' },
  { kind: 'resistor', pose: { x: -88, y: -60, angle: 0 }, label: 'R1' },
  { kind: 'resistor', pose: { x: -88, y: -30, angle: 0 }, label: 'R2' },
  { kind: 'resistor', pose: { x: -38, y: 86, angle: upright }, label: 'R5' },
  { kind: 'resistor', pose: { x: -6, y: 86, angle: upright }, label: 'R7' },
  { kind: 'capacitor', pose: { x: 88, y: -62, angle: upright }, label: 'C1' },
  { kind: 'capacitor', pose: { x: -88, y: 20, angle: 0 }, label: 'C2' },
  { kind: 'can', pose: { x: 78, y: 70, angle: 0.4 }, label: 'C5' },
  { kind: 'led', pose: { x: 88, y: -4, angle: 0 }, label: 'D1' },
];

/** Copper under the solder mask: corner points in board units. */
export const traces: readonly (readonly number[])[] = [
  [-30, -46, -30, -60, -70, -60],
  [-20, -46, -20, -78, -46, -104, -70, -104],
  [-10, -46, -10, -140],
  [0, -46, 0, -140],
  [10, -46, 10, -86, 30, -106, 88, -106, 88, -76],
  [20, -46, 20, -70, 42, -92, 60, -92],
  [30, -46, 30, -48, 88, -48],
  [-30, 34, -30, 44, -56, 44, -56, -30, -72, -30],
  [-20, 34, -20, 52, -38, 70],
  [-10, 34, -10, 56, -6, 60, -6, 70],
  [0, 34, 0, 52, 22, 74, 22, 140],
  [10, 34, 10, 46, 36, 72, 36, 140],
  [20, 34, 20, 38, 50, 38, 70, 58],
  [30, 34, 52, 34, 52, -4, 72, -4],
  [104, -4, 116, 8, 116, 46, 92, 70],
  [-104, -60, -140, -60],
  [-104, -30, -118, -16, -118, 20, -104, 20],
  [-72, 20, -66, 26, -66, 60, -92, 86, -92, 140],
  [-38, 102, -38, 140],
  [-6, 102, -6, 112, -18, 124, -18, 140],
];

/** Plated holes: x, y. */
export const vias: readonly (readonly [number, number])[] = [
  [-70, -104],
  [60, -92],
  [-56, 8],
  [52, 14],
  [116, 28],
  [-66, 44],
  [-56, -10],
  [22, 104],
  [36, 88],
  [44, -48],
];

/** Mounting hole: x, y, radius of the bore and of the copper around it. */
export const mount = { x: -102, y: 102, bore: 9, ring: 16 };
