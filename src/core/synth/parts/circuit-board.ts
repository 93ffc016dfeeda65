import type { Random } from '../../nn/random.js';
import { hole } from '../defects/hole.js';
import { scratch } from '../defects/scratch.js';
import { stain } from '../defects/stain.js';
import { type Pose, place, segmentDistance, smoothstep } from '../geometry.js';
import { letter, letteringDistance } from '../lettering.js';
import { cloudNoise, whiteNoise } from '../noise.js';
import { jitter, type PartKind, pick } from '../part.js';
import { coverage, lay, type Material, type Surface, tint, visit, visitAll } from '../surface.js';
import { paintComponent, paintPads } from './circuit-components.js';
import { components, mount, traces, vias } from './circuit-layout.js';

interface Board {
  readonly pose: Pose;
  /** Brightness of the solder mask. */
  readonly tone: number;
  readonly grain: number;
  /** Error of the pick-and-place machine per component: units, units, radians. */
  readonly placement: readonly Pose[];
  /** The component that was forgotten. */
  readonly missing?: number;
}

const soldermask: Material = { red: 0.012, green: 0.1, blue: 0.045, gloss: 0.22, metal: 0 };
const coveredCopper: Material = { red: 0.035, green: 0.19, blue: 0.075, gloss: 0.3, metal: 0.1 };
const gold: Material = { red: 0.75, green: 0.52, blue: 0.18, gloss: 0.5, metal: 1 };
const bareCopper: Material = { red: 0.62, green: 0.33, blue: 0.2, gloss: 0.4, metal: 0.9 };
const silkscreen: Material = { red: 0.62, green: 0.65, blue: 0.6, gloss: 0.05, metal: 0 };
const flux: Material = { red: 0.22, green: 0.15, blue: 0.03, gloss: 0.75, metal: 0 };
const charred: Material = { red: 0.015, green: 0.012, blue: 0.01, gloss: 0.05, metal: 0 };
const dark: Material = { red: 0.01, green: 0.01, blue: 0.01, gloss: 0, metal: 0 };

/** A patch of a populated circuit board: traces, plated holes, a chip, resistors, capacitors, a diode. */
export const circuitBoard: PartKind<Board> = {
  name: 'circuit_board',
  specimen: (random) => ({
    pose: { x: jitter(random, 128, 2.5), y: jitter(random, 128, 2.5), angle: jitter(random, 0, 0.02) },
    tone: jitter(random, 1, 0.06),
    grain: random.integer(4096),
    placement: components.map(() => ({
      x: jitter(random, 0, 0.8),
      y: jitter(random, 0, 0.8),
      angle: jitter(random, 0, 0.03),
    })),
  }),
  paint(surface, board) {
    paintLaminate(surface, board);
    for (const trace of traces) paintTrace(surface, board, trace);
    for (const [x, y] of vias) paintVia(surface, board, x, y);
    paintMount(surface, board);
    for (const index of components.keys()) paintMounted(surface, board, index);
  },
  defects: {
    missing_component: (board, random) => ({
      specimen: { ...board, missing: random.integer(components.length - 1) + 1 },
    }),
    skewed_component: (board, random) => ({ specimen: { ...board, placement: skewed(board, random) } }),
    scratch: (board, random) => ({
      spoil: scratch(random, {
        pose: board.pose,
        at: [jitter(random, 0, 60), jitter(random, 0, 60)],
        length: [70, 110],
        width: [2.4, 3.4],
        bare: bareCopper,
      }),
    }),
    flux_residue: (board, random) => ({
      spoil: stain(random, {
        pose: board.pose,
        at: [jitter(random, 0, 80), jitter(random, 0, 80)],
        radius: [18, 27],
        material: flux,
        strength: 0.7,
        ragged: 0.12,
        relief: 0,
      }),
    }),
    burn: (board, random) => ({
      spoil: hole(random, {
        pose: board.pose,
        at: pick(random, [
          [-56, 30],
          [52, 20],
          [-20, 56],
          [40, 100],
          [-100, -92],
          [30, -92],
          [-60, 90],
        ]),
        radius: [10, 15],
        inside: dark,
        rim: charred,
        rimWidth: 0.7,
      }),
    }),
  },
};

function skewed(board: Board, random: Random): Pose[] {
  const index = 1 + random.integer(components.length - 1);
  const sign = random.integer(2) * 2 - 1;
  const turn = sign * jitter(random, 0.6, 0.2);
  return board.placement.map((p, k) =>
    k === index ? { x: p.x + sign * 5, y: p.y + jitter(random, 0, 4), angle: p.angle + turn } : p,
  );
}

function poseOn(board: Board, x: number, y: number, angle: number): Pose {
  const [px, py] = place(board.pose, x, y);
  return { x: px, y: py, angle: board.pose.angle + angle };
}

function paintLaminate(surface: Surface, board: Board): void {
  const white = whiteNoise();
  const cloud = cloudNoise();
  visitAll(surface, (x, y, i) => {
    const weave = 0.5 * (Math.sin(x * 1.1) + Math.sin(y * 1.1)); // glass cloth shows faintly through the mask
    const speck = white.grain(x + board.grain, y + (board.grain >> 5));
    const tone = board.tone * (1 + 0.035 * weave + 0.05 * speck + 0.05 * cloud.at(x + board.grain, y));
    lay(surface, i, 1, soldermask, tone, 0.02 * speck);
  });
}

function paintTrace(surface: Surface, board: Board, corners: readonly number[]): void {
  for (let k = 0; k + 3 < corners.length; k += 2) {
    const [ax, ay, bx, by] = corners.slice(k, k + 4) as [number, number, number, number];
    const length = Math.hypot(bx - ax, by - ay);
    const along = poseOn(board, (ax + bx) / 2, (ay + by) / 2, Math.atan2(by - ay, bx - ax));
    visit(surface, along, length / 2 + 3, (x, y, i) => {
      if (y < -3 || y > 3) return;
      const alpha = coverage(surface, segmentDistance(x, y, -length / 2, 0, length / 2, 0) - 1.7);
      if (alpha > 0) lay(surface, i, alpha, coveredCopper, board.tone, 0.7);
    });
  }
}

function paintVia(surface: Surface, board: Board, x: number, y: number): void {
  visit(surface, poseOn(board, x, y, 0), 6, (u, v, i) => {
    const r = Math.sqrt(u * u + v * v);
    lay(surface, i, coverage(surface, r - 4.4), gold, 1, 0.9);
    lay(surface, i, coverage(surface, r - 2), dark, 1, -4);
  });
}

function paintMount(surface: Surface, board: Board): void {
  visit(surface, poseOn(board, mount.x, mount.y, 0), mount.ring + 2, (u, v, i) => {
    const r = Math.sqrt(u * u + v * v);
    lay(surface, i, coverage(surface, r - mount.ring), gold, 0.95, 1 - 0.3 * smoothstep(11, 10, r));
    lay(surface, i, coverage(surface, r - mount.bore), dark, 1, -10);
  });
}

function paintMounted(surface: Surface, board: Board, index: number): void {
  const component = components[index]!;
  const { x, y, angle } = component.pose;
  const error = board.placement[index]!;
  paintPads(surface, poseOn(board, x, y, angle), component.kind);
  if (component.kind !== 'chip')
    paintDesignator(surface, poseOn(board, x, y, 0), component.label, component.kind);
  if (board.missing === index) return;
  paintComponent(surface, poseOn(board, x + error.x, y + error.y, angle + error.angle), component);
}

function paintDesignator(surface: Surface, pose: Pose, label: string, kind: string): void {
  const text = letter(label, 7);
  const drop = kind === 'can' ? 33 : 14;
  const aside = kind === 'resistor' && Math.abs(pose.angle) > 1 ? 14 : 0;
  const [x, y] = place(pose, aside, -drop);
  visit(surface, { x, y, angle: pose.angle }, 10, (u, v, i) =>
    tint(surface, i, 0.9 * smoothstep(1, 0.4, letteringDistance(text, u, v)), silkscreen),
  );
}
