import { type Part, part } from '../render.js';
import { capsule } from './capsule.js';
import { circuitBoard } from './circuit-board.js';
import { flangeNut } from './flange-nut.js';
import { gear } from './gear.js';
import { textile } from './textile.js';

/** The product classes that can be rendered, in the order in which they are written. */
export const catalogue: readonly Part[] = [
  part(flangeNut),
  part(circuitBoard),
  part(textile),
  part(capsule),
  part(gear),
];
