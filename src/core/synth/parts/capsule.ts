import type { Random } from '../../nn/random.js';
import { crack } from '../defects/crack.js';
import { dent } from '../defects/dent.js';
import { hole } from '../defects/hole.js';
import { stain } from '../defects/stain.js';
import { type Point, type Pose, segmentDistance, smoothstep } from '../geometry.js';
import { letter, letteringDistance } from '../lettering.js';
import { blotchNoise, cloudNoise, whiteNoise } from '../noise.js';
import { jitter, type PartKind } from '../part.js';
import { coverage, lay, type Material, type Surface, tint, visit, visitAll } from '../surface.js';

interface Capsule {
  readonly pose: Pose;
  readonly tone: number;
  readonly grain: number;
  /** How the imprint sits: shift along and across, units. */
  readonly register: Point;
  /** A second, shifted impression of the same plate. */
  readonly ghost?: Point;
}

const halfLength = 58;
const bodyRadius = 38;
const capRadius = 40;
const joint = -4; // the cap covers everything left of it

const tray: Material = { red: 0.3, green: 0.33, blue: 0.35, gloss: 0.08, metal: 0 };
const capGelatin: Material = { red: 0.4, green: 0.035, blue: 0.03, gloss: 0.8, metal: 0 };
const bodyGelatin: Material = { red: 0.66, green: 0.58, blue: 0.42, gloss: 0.8, metal: 0 };
const whiteInk: Material = { red: 0.7, green: 0.68, blue: 0.64, gloss: 0.5, metal: 0 };
const blackInk: Material = { red: 0.04, green: 0.04, blue: 0.05, gloss: 0.5, metal: 0 };
const cavity: Material = { red: 0.02, green: 0.012, blue: 0.01, gloss: 0, metal: 0 };
const grime: Material = { red: 0.06, green: 0.055, blue: 0.03, gloss: 0.2, metal: 0 };
const powder: Material = { red: 0.6, green: 0.56, blue: 0.5, gloss: 0, metal: 0 };
const brand = letter('MB', 17);
const dose = letter('250', 17);

/** A two-piece gelatin capsule with imprint, glossy, on a tray. */
export const capsule: PartKind<Capsule> = {
  name: 'capsule',
  specimen: (random) => ({
    pose: { x: jitter(random, 128, 3), y: jitter(random, 128, 3), angle: jitter(random, -0.42, 0.05) },
    tone: jitter(random, 1, 0.05),
    grain: random.integer(4096),
    register: [jitter(random, 0, 1.2), jitter(random, 0, 0.9)],
  }),
  paint(surface, pill) {
    paintTray(surface, pill);
    visit(surface, pill.pose, halfLength + capRadius + 2, (x, y, i) => paintShell(surface, pill, x, y, i));
  },
  defects: {
    crack: (pill, random) => ({
      spoil: crack(random, {
        pose: pill.pose,
        at: [jitter(random, 0, 55), -26],
        heading: jitter(random, 1.57, 0.5),
        length: [62, 84],
        width: [4, 5.5],
        inside: cavity,
      }),
    }),
    dent: (pill, random) => ({
      spoil: dent(random, { pose: pill.pose, at: onShell(random), radius: [19, 25], depth: [9, 13] }),
    }),
    misprint: (pill, random) => ({ specimen: { ...pill, ...misprinted(random) } }),
    grime: (pill, random) => ({
      spoil: stain(random, {
        pose: pill.pose,
        at: onShell(random),
        radius: [14, 21],
        material: grime,
        strength: 0.75,
        ragged: 0.34,
        relief: 0.3,
        above: 6,
      }),
    }),
    puncture: (pill, random) => ({
      spoil: hole(random, {
        pose: pill.pose,
        at: onShell(random),
        radius: [9, 13],
        inside: cavity,
        rim: powder,
        rimWidth: 0.4,
      }),
    }),
  },
};

function onShell(random: Random): Point {
  return [jitter(random, 0, 62), jitter(random, 0, 17)];
}

function misprinted(random: Random): Pick<Capsule, 'register' | 'ghost'> {
  const sign = random.integer(2) * 2 - 1;
  if (random.uniform() < 0.5) return { register: [jitter(random, 0, 6), sign * jitter(random, 13, 3)] };
  return { register: [0, 0], ghost: [jitter(random, 6, 1.5), sign * jitter(random, 6, 1.5)] };
}

function paintTray(surface: Surface, pill: Capsule): void {
  const cloud = cloudNoise();
  const white = whiteNoise();
  visitAll(surface, (x, y, i) => {
    const brushed = white.grain(x * 0.12 + pill.grain, y + pill.grain); // polished along one direction
    const tone =
      1 + 0.035 * brushed + 0.02 * cloud.at(x + pill.grain, y) + 0.02 * white.grain(x, y + pill.grain);
    lay(surface, i, 1, tray, tone, 0.05 * brushed);
  });
}

function paintShell(surface: Surface, pill: Capsule, x: number, y: number, i: number): void {
  const inCap = x < joint;
  const radius = inCap ? capRadius : bodyRadius;
  const axis = segmentDistance(x, y, -halfLength, 0, halfLength, 0);
  const alpha = coverage(surface, axis - radius);
  if (alpha === 0) return;
  const lip = inCap ? smoothstep(joint - 2.5, joint, x) : 0;
  const ring = 0.7 * smoothstep(2.2, 0, Math.abs(x + 14)) + 0.7 * smoothstep(2.2, 0, Math.abs(x + 21));
  // Not quite a half round: the lower half of the shell would only be seen edge-on.
  const round = Math.sqrt(Math.max(0.02, 1 - (axis / radius) ** 2));
  const ripple = 0.05 * blotchNoise().at(x + pill.grain, y * 0.7);
  const height = 8 + radius * 0.8 * round - lip - (inCap ? ring : 0) + ripple;
  const gelatin = inCap ? capGelatin : bodyGelatin;
  lay(
    surface,
    i,
    alpha,
    gelatin,
    pill.tone * (0.72 + 0.28 * round) * (1 - 0.25 * lip - (inCap ? 0.12 * ring : 0)),
    height,
  );
  paintInk(surface, pill, x - pill.register[0], y - pill.register[1], inCap, i, 0.92);
  if (pill.ghost) paintInk(surface, pill, x - pill.ghost[0], y - pill.ghost[1], inCap, i, 0.7);
}

function paintInk(
  surface: Surface,
  pill: Capsule,
  x: number,
  y: number,
  inCap: boolean,
  i: number,
  strength: number,
): void {
  const distance = inCap ? letteringDistance(brand, x + 46, y) : letteringDistance(dose, x - 38, y);
  if (distance > 3) return;
  const worn = 1 + 0.06 * whiteNoise().grain(x + pill.grain, y); // pad printing never covers fully
  tint(surface, i, Math.min(1, strength * worn) * smoothstep(2, 1.1, distance), inCap ? whiteInk : blackInk);
}
