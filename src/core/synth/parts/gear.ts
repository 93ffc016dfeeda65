import { brokenEdge } from '../defects/broken-edge.js';
import { scratch } from '../defects/scratch.js';
import { stain } from '../defects/stain.js';
import { boxDistance, clamp01, type Point, type Pose, smoothstep } from '../geometry.js';
import { cloudNoise, whiteNoise } from '../noise.js';
import { jitter, type PartKind, ringPoint } from '../part.js';
import { coverage, lay, type Material, type Surface, visit, visitAll } from '../surface.js';

interface Gear {
  readonly pose: Pose;
  readonly tone: number;
  readonly grain: number;
  /** The hole that was not drilled. */
  readonly blind?: number;
}

const teeth = 22;
const root = 84;
const tip = 101;
const thickness = 16;
const holeCentres: readonly Point[] = [0, 1, 2, 3, 4].map((k) => {
  const angle = (2 * Math.PI * k) / 5 + 0.3;
  return [55 * Math.cos(angle), 55 * Math.sin(angle)];
});

const bench: Material = { red: 0.36, green: 0.35, blue: 0.33, gloss: 0.03, metal: 0 };
const brass: Material = { red: 0.62, green: 0.42, blue: 0.15, gloss: 0.45, metal: 1 };
const fresh: Material = { red: 0.72, green: 0.52, blue: 0.24, gloss: 0.15, metal: 0.6 };
const tarnish: Material = { red: 0.05, green: 0.12, blue: 0.095, gloss: 0.05, metal: 0.1 };

/** A brass spur gear with a recessed web, five holes and a keyed bore, on a light bench. */
export const gear: PartKind<Gear> = {
  name: 'gear',
  specimen: (random) => ({
    pose: { x: jitter(random, 128, 3), y: jitter(random, 128, 3), angle: jitter(random, 0, 0.05) },
    tone: jitter(random, 1, 0.05),
    grain: random.integer(4096),
  }),
  paint(surface, wheel) {
    paintBench(surface, wheel);
    visit(surface, wheel.pose, tip + 2, (x, y, i) => paintWheel(surface, wheel, x, y, i));
  },
  defects: {
    broken_teeth: (wheel, random) => ({
      spoil: brokenEdge(
        random,
        { pose: wheel.pose, at: ringPoint(random, 97, 99), radius: [21, 28], fracture: fresh },
        (surface) => paintBench(surface, wheel),
      ),
    }),
    undrilled_hole: (wheel, random) => ({
      specimen: { ...wheel, blind: random.integer(holeCentres.length) },
    }),
    scratch: (wheel, random) => ({
      spoil: scratch(random, {
        pose: wheel.pose,
        at: ringPoint(random, 45, 70),
        length: [64, 92],
        width: [2.6, 3.6],
        above: 2,
      }),
    }),
    verdigris: (wheel, random) => ({
      spoil: stain(random, {
        pose: wheel.pose,
        at: ringPoint(random, 45, 80),
        radius: [16, 24],
        material: tarnish,
        strength: 0.72,
        ragged: 0.34,
        relief: 0.5,
        above: 2,
      }),
    }),
  },
};

function paintBench(surface: Surface, wheel: Gear): void {
  const cloud = cloudNoise();
  const white = whiteNoise();
  visitAll(surface, (x, y, i) => {
    const grain = white.grain(x + wheel.grain, y);
    lay(surface, i, 1, bench, 1 + 0.03 * cloud.at(x + wheel.grain, y) + 0.035 * grain, 0.05 * grain);
  });
}

function paintWheel(surface: Surface, wheel: Gear, x: number, y: number, i: number): void {
  const r = Math.sqrt(x * x + y * y);
  const angle = Math.atan2(y, x);
  const outline = toothedDistance(r, angle);
  const bore = Math.max(18 - r, -boxDistance(x, y + 18, 4.5, 7)); // the key slot widens the bore upwards
  const hole = holeDistance(wheel, x, y);
  const d = Math.max(outline, bore, -hole);
  const alpha = coverage(surface, d);
  if (alpha === 0) return;
  const web = smoothstep(34, 37, r) * smoothstep(76, 73, r);
  const edge = 1.6 * smoothstep(-2.4, 0, d);
  const rings = whiteNoise().grain(r * 1.5, wheel.grain >> 4);
  const sector = Math.cos(2 * (angle + wheel.pose.angle + 0.7));
  const cast = cloudNoise().at(x * 2 + wheel.grain, y * 2); // the web is left as cast: dull and uneven
  const turned = 0.95 + 0.05 * rings + 0.14 * sector;
  const tone = wheel.tone * (turned * (1 - web) + (0.78 + 0.04 * cast) * web);
  lay(surface, i, alpha, brass, tone, thickness - 5 * web - edge + 0.12 * cast * web);
}

/** Trapezoidal teeth: signed distance, good enough near the outline. */
function toothedDistance(r: number, angle: number): number {
  const turn = (angle / (2 * Math.PI)) * teeth + teeth;
  const offset = Math.abs(turn - Math.round(turn)); // 0 at the middle of a tooth, 0.5 in the gap
  const climb = clamp01((r - root) / (tip - root));
  const halfWidth = 0.34 - 0.19 * climb;
  const flank = ((offset - halfWidth) * 2 * Math.PI * r) / teeth;
  return Math.min(r - root, Math.max(flank * 0.93, r - tip));
}

function holeDistance(wheel: Gear, x: number, y: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (let k = 0; k < holeCentres.length; k++) {
    if (k === wheel.blind) continue;
    const dx = x - holeCentres[k]![0];
    const dy = y - holeCentres[k]![1];
    nearest = Math.min(nearest, dx * dx + dy * dy);
  }
  return Math.sqrt(nearest) - 13.5;
}
