import type { Random } from '../../nn/random.js';
import { fibre } from '../defects/fibre.js';
import { hole } from '../defects/hole.js';
import { stain } from '../defects/stain.js';
import type { Point, Pose } from '../geometry.js';
import { cloudNoise, whiteNoise } from '../noise.js';
import { jitter, type PartKind } from '../part.js';
import { lay, type Material, type Surface, visit } from '../surface.js';

interface Textile {
  readonly pose: Pose;
  readonly tone: number;
  readonly grain: number;
  /** Weft threads of a foreign colour: first index and count. */
  readonly foreign?: readonly [first: number, count: number];
  /** A weft thread that slipped out of the weave between two warp threads, and lies loose on top. */
  readonly float?: { readonly thread: number; readonly from: number; readonly to: number };
}

const pitch = 8; // units from thread to thread

const navy: Material = { red: 0.035, green: 0.07, blue: 0.17, gloss: 0.03, metal: 0 };
const slate: Material = { red: 0.12, green: 0.17, blue: 0.26, gloss: 0.03, metal: 0 };
const cream: Material = { red: 0.56, green: 0.5, blue: 0.39, gloss: 0.03, metal: 0 };
const ochre: Material = { red: 0.36, green: 0.19, blue: 0.05, gloss: 0.03, metal: 0 };
const oil: Material = { red: 0.045, green: 0.035, blue: 0.025, gloss: 0.12, metal: 0 };
const shade: Material = { red: 0.006, green: 0.006, blue: 0.007, gloss: 0, metal: 0 };
const lint: Material = { red: 0.62, green: 0.6, blue: 0.56, gloss: 0.1, metal: 0 };
const frayed: Material = { red: 0.2, green: 0.2, blue: 0.22, gloss: 0, metal: 0 };

/** A checked cloth in plain weave: navy and slate threads with a cream line. */
export const textile: PartKind<Textile> = {
  name: 'textile',
  specimen: (random) => ({
    pose: { x: jitter(random, 128, 3), y: jitter(random, 128, 3), angle: jitter(random, 0, 0.02) },
    tone: jitter(random, 1, 0.05),
    grain: random.integer(4096),
  }),
  paint(surface, cloth) {
    visit(surface, cloth.pose, 140, (x, y, i) => paintThread(surface, cloth, x, y, i));
  },
  defects: {
    hole: (cloth, random) => ({
      spoil: hole(random, {
        pose: cloth.pose,
        at: anywhere(random),
        radius: [11, 17],
        inside: shade,
        rim: frayed,
        rimWidth: 0.35,
      }),
    }),
    oil_stain: (cloth, random) => ({
      spoil: stain(random, {
        pose: cloth.pose,
        at: anywhere(random),
        radius: [19, 29],
        material: oil,
        strength: 0.72,
        ragged: 0.12,
        relief: 0,
      }),
    }),
    foreign_fibre: (cloth, random) => ({
      spoil: fibre(random, {
        pose: cloth.pose,
        at: anywhere(random),
        length: [90, 130],
        width: 3.2,
        material: lint,
      }),
    }),
    misweave: (cloth, random) => ({ specimen: { ...cloth, foreign: [random.integer(24) - 12, 1] } }),
    loose_thread: (cloth, random) => {
      const from = random.integer(14) - 13;
      return {
        specimen: {
          ...cloth,
          float: { thread: random.integer(24) - 12, from, to: from + 11 + random.integer(6) },
        },
      };
    },
  },
};

function anywhere(random: Random): Point {
  return [jitter(random, 0, 85), jitter(random, 0, 85)];
}

function paintThread(surface: Surface, cloth: Textile, x: number, y: number, i: number): void {
  const cloud = cloudNoise();
  // Hand and loom pull the cloth a little out of square.
  const u = (x + 0.9 * cloud.at(x * 0.35 + cloth.grain, y * 0.35)) / pitch + 1000;
  const v = (y + 0.9 * cloud.at(x * 0.35, y * 0.35 + cloth.grain)) / pitch + 1000;
  const column = Math.floor(u);
  const row = Math.floor(v);
  const across = u - column - 0.5;
  const along = v - row - 0.5;
  const loose = isLoose(cloth, column - 1000, row - 1000);
  const warpOnTop = loose ? false : ((column + row) & 1) === 0;
  const cross = warpOnTop ? across : along;
  const run = warpOnTop ? along : across;
  const width = loose ? 1.05 : 1;
  const round = Math.sqrt(Math.max(0, 1 - (2 * cross * width) ** 2));
  const arch = loose ? 2.6 : Math.cos(run * Math.PI);
  const slack = loose ? 3 : 0; // units: it hangs off the cloth and casts a shadow
  const twist = Math.sin((run * (warpOnTop ? 1 : -1) + cross * 1.4) * 17);
  const fuzz = whiteNoise().grain(x * 1.3 + cloth.grain, y * 1.3);
  const index = warpOnTop ? column - 1000 : row - 1000;
  const yarn = yarnColour(cloth, index, warpOnTop);
  const tone = cloth.tone * (0.62 + 0.38 * round) * (0.8 + 0.2 * arch) * (1 + 0.07 * twist + 0.1 * fuzz);
  lay(surface, i, 1, yarn, tone, 1 + slack + 1.5 * round * (0.5 + 0.5 * arch) + 0.1 * twist);
}

function isLoose(cloth: Textile, column: number, row: number): boolean {
  const float = cloth.float;
  return float !== undefined && row === float.thread && column >= float.from && column < float.to;
}

/** A check that repeats every twelve threads in both directions. */
function yarnColour(cloth: Textile, index: number, warp: boolean): Material {
  if (!warp && cloth.foreign && index >= cloth.foreign[0] && index < cloth.foreign[0] + cloth.foreign[1])
    return ochre;
  const k = ((index % 12) + 12) % 12;
  if (k === 6) return cream;
  return k >= 3 && k <= 9 ? navy : slate;
}
