import { boxDistance, type Pose, smoothstep } from '../geometry.js';
import { type Lettering, letter, letteringDistance } from '../lettering.js';
import { coverage, lay, type Material, type Surface, tint, visit } from '../surface.js';
import type { Component, Footprint } from './circuit-layout.js';

const solder: Material = { red: 0.5, green: 0.52, blue: 0.55, gloss: 0.75, metal: 1 };
const gold: Material = { red: 0.75, green: 0.52, blue: 0.18, gloss: 0.5, metal: 1 };
const epoxy: Material = { red: 0.028, green: 0.028, blue: 0.032, gloss: 0.12, metal: 0 };
const ceramicTan: Material = { red: 0.42, green: 0.27, blue: 0.13, gloss: 0.25, metal: 0 };
const ceramicBlack: Material = { red: 0.035, green: 0.035, blue: 0.04, gloss: 0.3, metal: 0 };
const aluminium: Material = { red: 0.6, green: 0.61, blue: 0.62, gloss: 0.35, metal: 1 };
const lens: Material = { red: 0.75, green: 0.28, blue: 0.1, gloss: 0.9, metal: 0 };
const white: Material = { red: 0.7, green: 0.72, blue: 0.68, gloss: 0.1, metal: 0 };
const print: Material = { red: 0.42, green: 0.43, blue: 0.42, gloss: 0.1, metal: 0 };

const reach: Record<Footprint, number> = { chip: 54, resistor: 22, capacitor: 22, can: 30, led: 22 };

/** Bare pads, as etched: what remains when the component is missing. */
export function paintPads(surface: Surface, pose: Pose, kind: Footprint): void {
  visit(surface, pose, reach[kind], (x, y, i) => {
    const alpha = coverage(surface, padDistance(kind, x, y));
    if (alpha > 0) lay(surface, i, alpha, gold, 1, 1);
  });
}

/** A soldered component. */
export function paintComponent(surface: Surface, pose: Pose, component: Component): void {
  const painters: Record<Footprint, (x: number, y: number, i: number) => void> = {
    chip: chipPainter(surface, component.label),
    resistor: brickPainter(surface, ceramicBlack, 7, letter('102', 5.5)),
    capacitor: brickPainter(surface, ceramicTan, 9, undefined),
    can: canPainter(surface),
    led: brickPainter(surface, lens, 7, undefined),
  };
  visit(surface, pose, reach[component.kind], painters[component.kind]);
}

function padDistance(kind: Footprint, x: number, y: number): number {
  if (kind === 'chip') return boxDistance(pinColumn(x), Math.abs(y) - 39, 3, 8, 1);
  if (kind === 'can') return boxDistance(Math.abs(x) - 16, y, 7, 5, 1);
  return boxDistance(Math.abs(x) - 13, y, 5, 9, 1);
}

/** Seven pins a side, 10 units apart: x relative to the nearest pin. */
function pinColumn(x: number): number {
  return x - 10 * Math.max(-3, Math.min(3, Math.round(x / 10)));
}

function chipPainter(surface: Surface, label: string): (x: number, y: number, i: number) => void {
  const text = letter(label, 11);
  return (x, y, i) => {
    const across = Math.abs(y) - 34;
    const pin = coverage(surface, boxDistance(pinColumn(x), across, 2.1, 10, 0.6));
    if (pin > 0) lay(surface, i, pin, solder, 1, 7 - 4.5 * smoothstep(0, 6, across));
    const d = boxDistance(x, y, 37, 28, 1.5);
    const alpha = coverage(surface, d);
    if (alpha === 0) return;
    const notch = Math.hypot(x + 30, y - 19) - 3.2;
    lay(surface, i, alpha, epoxy, 1, 13 + 2.5 * smoothstep(0, -4, d) - 1.2 * coverage(surface, notch));
    tint(surface, i, 0.85 * smoothstep(1.3, 0.5, letteringDistance(text, x, y + 4)), print);
    tint(surface, i, 0.7 * smoothstep(0.9, 0.3, Math.abs(boxDistance(x, y - 13, 14, 0, 0))), print);
  };
}

/** Two-terminal bricks: a body between two soldered ends. */
function brickPainter(
  surface: Surface,
  body: Material,
  height: number,
  text: Lettering | undefined,
): (x: number, y: number, i: number) => void {
  return (x, y, i) => {
    const fillet = boxDistance(Math.abs(x) - 13, y, 5, 8.4, 3);
    const joint = coverage(surface, fillet);
    if (joint > 0) lay(surface, i, joint, solder, 1, 1 + 4 * smoothstep(0, -5, fillet));
    const d = boxDistance(x, y, 14, 7, 1);
    const alpha = coverage(surface, d);
    if (alpha === 0) return;
    const end = Math.abs(x) > 9.5;
    lay(
      surface,
      i,
      alpha,
      end ? solder : body,
      end ? 0.9 : 1,
      height + smoothstep(0, -2.5, d) + (end ? 0.4 : 0),
    );
    if (text && !end) tint(surface, i, 0.7 * smoothstep(0.9, 0.3, letteringDistance(text, x, y)), white);
  };
}

/** An electrolytic capacitor: aluminium can with a black mark and a scored top, on a plastic base. */
function canPainter(surface: Surface): (x: number, y: number, i: number) => void {
  return (x, y, i) => {
    const base = coverage(surface, boxDistance(x, y, 25, 25, 6));
    if (base > 0) lay(surface, i, base, epoxy, 1.3, 4);
    const r = Math.sqrt(x * x + y * y);
    const alpha = coverage(surface, r - 23);
    if (alpha === 0) return;
    const score = smoothstep(1.4, 0.4, Math.min(Math.abs(x), Math.abs(y))) * smoothstep(15, 12, r);
    const dome = 21 + 2.5 * smoothstep(23, 18.5, r) - 1.2 * smoothstep(17.5, 16, r) - 0.9 * score;
    lay(surface, i, alpha, aluminium, 0.95 - 0.3 * score, dome);
    if (x < -8 && r < 20) tint(surface, i, 0.9 * coverage(surface, r - 19), epoxy);
  };
}
