import type { Random } from '../../nn/random.js';
import { brokenEdge } from '../defects/broken-edge.js';
import { dent } from '../defects/dent.js';
import { scratch } from '../defects/scratch.js';
import { stain } from '../defects/stain.js';
import { hexagonDistance, type Pose, smoothstep } from '../geometry.js';
import { letter, letteringDistance } from '../lettering.js';
import { blotchNoise, cloudNoise, whiteNoise } from '../noise.js';
import { jitter, type PartKind, ringPoint } from '../part.js';
import { coverage, lay, type Material, type Surface, visit, visitAll } from '../surface.js';

interface FlangeNut {
  readonly pose: Pose;
  /** Brightness of the steel. */
  readonly tone: number;
  /** Where the textures are read. */
  readonly grain: number;
}

const apothem = 62;
const bore = 34;
const top = 34;
const flangeRadius = 98;

const mat: Material = { red: 0.055, green: 0.065, blue: 0.085, gloss: 0.04, metal: 0 };
const steel: Material = { red: 0.5, green: 0.52, blue: 0.55, gloss: 0.5, metal: 1 };
const rust: Material = { red: 0.26, green: 0.085, blue: 0.02, gloss: 0.02, metal: 0.05 };
const darkSteel: Material = { red: 0.2, green: 0.2, blue: 0.21, gloss: 0.2, metal: 0.8 };
const stamp = letter('8-MB', 10);

/** A hexagon flange nut of turned steel with a knurled rim, seen from above on a rubber mat. */
export const flangeNut: PartKind<FlangeNut> = {
  name: 'flange_nut',
  specimen: (random) => ({
    pose: { x: jitter(random, 128, 3), y: jitter(random, 128, 3), angle: jitter(random, 0, 0.06) },
    tone: jitter(random, 1, 0.06),
    grain: random.integer(4096),
  }),
  paint(surface, nut) {
    paintMat(surface, nut);
    visit(surface, nut.pose, flangeRadius + 2, (x, y, i) => {
      const r = Math.sqrt(x * x + y * y);
      paintFlange(surface, nut, x, y, r, i);
      paintHexagon(surface, nut, x, y, r, i);
    });
  },
  defects: {
    scratch: (nut, random) => ({
      spoil: scratch(random, {
        pose: nut.pose,
        at: ringPoint(random, 40, 62),
        length: [62, 88],
        width: [2.6, 3.6],
        above: 2,
      }),
    }),
    dent: (nut, random) => ({
      spoil: dent(random, { pose: nut.pose, at: ringPoint(random, 44, 62), radius: [13, 19], depth: [5, 7] }),
    }),
    rust: (nut, random) => ({
      spoil: stain(random, {
        pose: nut.pose,
        at: ringPoint(random, 46, 80),
        radius: [17, 27],
        material: rust,
        strength: 0.85,
        ragged: 0.36,
        relief: 0.9,
        above: 2,
      }),
    }),
    chipped_rim: (nut, random) => ({ spoil: chip(nut, random) }),
  },
};

function chip(nut: FlangeNut, random: Random): (surface: Surface) => void {
  const at = ringPoint(random, flangeRadius, flangeRadius);
  return brokenEdge(random, { pose: nut.pose, at, radius: [19, 27], fracture: darkSteel }, (surface) =>
    paintMat(surface, nut),
  );
}

function paintMat(surface: Surface, nut: FlangeNut): void {
  const cloud = cloudNoise();
  const white = whiteNoise();
  visitAll(surface, (x, y, i) => {
    const grain = white.grain(x + nut.grain, y);
    lay(surface, i, 1, mat, 1 + 0.12 * cloud.at(x * 0.7 + nut.grain, y * 0.7) + 0.12 * grain, 0.12 * grain);
  });
}

function paintFlange(surface: Surface, nut: FlangeNut, x: number, y: number, r: number, i: number): void {
  const alpha = coverage(surface, r - flangeRadius);
  if (alpha === 0) return;
  const angle = Math.atan2(y, x);
  const knurl = Math.abs((((angle * 72) / (2 * Math.PI) + 100) % 1) - 0.5) * 2; // 72 ridges, triangular
  const rim = smoothstep(84, 87, r);
  const height =
    9 - 4 * smoothstep(70, 86, r) + rim * (1.5 + 2.2 * (knurl - 0.5)) - 3 * smoothstep(95, 98, r);
  const groove = 1 - 0.45 * smoothstep(3, 0, Math.abs(r - 84));
  lay(
    surface,
    i,
    alpha,
    steel,
    nut.tone * groove * turned(nut, r, angle, 0.05) * (1 - 0.25 * rim * (1 - knurl)),
    height,
  );
}

function paintHexagon(surface: Surface, nut: FlangeNut, x: number, y: number, r: number, i: number): void {
  const d = hexagonDistance(x, y, apothem);
  const alpha = coverage(surface, d);
  if (alpha === 0) return;
  if (r < bore - 6) {
    // Through the bore one sees the mat, in the shadow of the walls.
    lay(surface, i, coverage(surface, r - bore + 6), mat, 0.3, 0);
    return;
  }
  const angle = Math.atan2(y, x);
  if (r < bore) {
    const thread = Math.sin((r * 2.2 + angle / (2 * Math.PI)) * Math.PI); // a helix seen from above: rings that wind
    lay(surface, i, 1, steel, nut.tone * (0.28 + 0.16 * thread), top - (bore - r) * 2.4 + thread);
    return;
  }
  const bevel = Math.max(0, bore + 5 - r) * 0.8;
  const chamfer = Math.max(0, r - 60) * 0.55;
  const letters = stampDepth(x, y);
  const height = top - bevel - chamfer - 1.2 * smoothstep(-2.2, 0, d) - letters;
  const flat = chamfer > 0 || bevel > 0 ? 0.02 : 0.06;
  lay(surface, i, alpha, steel, nut.tone * 1.05 * turned(nut, r, angle, flat) * (1 - 0.3 * letters), height);
}

function stampDepth(x: number, y: number): number {
  return smoothstep(1.6, 0.6, letteringDistance(stamp, x, y + 49));
}

/** Turning marks: fine rings, and the bright and dark sectors which they make of any lamp. */
function turned(nut: FlangeNut, r: number, angle: number, amplitude: number): number {
  const rings = whiteNoise().grain(r * 1.6, nut.grain >> 4) * amplitude;
  const sector = Math.cos(2 * (angle + nut.pose.angle + 0.7));
  return 0.92 + rings + 0.16 * sector + 0.03 * blotchNoise().at(angle * 20 + 90, r * 0.3 + nut.grain);
}
