import type { ScanPlan } from './webgpu-plan.js';

// Glossary of the shaders: b image · k direction · d channel · n state · t step · row = (b, pixel, k)
// States are handled four at a time; `g` counts these groups. Unused states of the last group stay zero.

/** Number of groups of four states. */
export function groups({ states }: ScanPlan): number {
  return Math.ceil(states / 4);
}

/** Emits a line for every group of states. */
export function each(plan: ScanPlan, line: (g: number) => string): string {
  return Array.from({ length: groups(plan) }, (_, g) => line(g)).join('\n');
}

/** How `b` and `c` are bound: as vectors where the states fill them. */
export function rowType({ states }: ScanPlan): string {
  return states % 4 === 0 ? 'array<vec4f>' : 'array<f32>';
}

/** Expression for group g of a row of `b` or `c`. */
export function rowGroup({ states }: ScanPlan, name: string, g: number): string {
  if (states % 4 === 0) return `${name}[row * ${states / 4}u + ${g}u]`;
  return vector((i) => (4 * g + i < states ? `${name}[row * ${states}u + ${4 * g + i}u]` : undefined));
}

/** Expression for group g of four states at stride D: `at(n)` is the index of state n. */
export function stridedGroup(
  { states }: ScanPlan,
  name: string,
  g: number,
  at: (n: number) => string,
): string {
  return vector((i) => (4 * g + i < states ? `${name}[${at(4 * g + i)}]` : undefined));
}

/** Statements that store group g of `value` at stride D. */
export function storeGroup(
  { states }: ScanPlan,
  name: string,
  g: number,
  at: (n: number) => string,
  value: string,
): string {
  const count = Math.min(4, states - 4 * g);
  return Array.from({ length: count }, (_, i) => `${name}[${at(4 * g + i)}] = ${value}.${'xyzw'[i]};`).join(
    ' ',
  );
}

function vector(component: (i: number) => string | undefined): string {
  return `vec4f(${[0, 1, 2, 3].map((i) => component(i) ?? '0.0').join(', ')})`;
}

/** Index into `params` `[K, N+2, D]`: rows of A·log2(e), then the bias, then the skip weight. */
export function paramAt({ states, channels }: ScanPlan, row: number): string {
  return `(k * ${states + 2}u + ${row}u) * ${channels}u + d`;
}

/** Index into carried states `[B,K,chunks-1,N+1,D]`; row N holds the sum of step sizes of the chunk. */
export function carryAt(
  { states, channels, directions, chunks }: ScanPlan,
  slot: string,
  row: number,
): string {
  return `(((b * ${directions}u + k) * ${chunks - 1}u + ${slot}) * ${states + 1}u + ${row}u) * ${channels}u + d`;
}

/** Floats of the carried states of one plan. */
export function carryFloats({ batch, directions, chunks, states, channels, carried }: ScanPlan): number {
  return carried ? batch * directions * (chunks - 1) * (states + 1) * channels : 0;
}

/** A sum of step sizes that stands for "the state was cleared on the way": decays over it are zero. */
export const cleared = '1e30';

/** Whether the state starts afresh at step t. */
export function restarts({ segment, length }: ScanPlan): string {
  return segment === length ? 't == 0u' : `t % ${segment}u == 0u`;
}

// log(1 + e) loses e below 1e-7; the series is exact to float32 there.
export const softplus = `
fn softplus(x: f32) -> f32 {
  if (x > 20.0) { return x; }
  let e = exp(x);
  if (x < -5.0) { return e * (1.0 - e * (0.5 - e * (0.33333333 - e * 0.25))); }
  return log(1.0 + e);
}`;

/**
 * The head of every shader that walks along a path: which channel, direction, image and chunk this thread has. Threads
 * beyond the last channel read the last one and write nothing.
 */
export function pathHead(
  { threads, tiles, channels, chunk, length }: ScanPlan,
  firstChunk = 0,
  more = '',
): string {
  return `
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32${more}) {
  let b = group.z;
  let k = group.y;
  let slot = group.x / ${tiles}u;
  let chunk = slot + ${firstChunk}u;
  let channel = (group.x % ${tiles}u) * ${threads}u + lane;
  let inside = channel < ${channels}u;
  let d = min(channel, ${channels - 1}u);
  let first = chunk * ${chunk}u;
  let end = min(first + ${chunk}u, ${length}u);`;
}

/** The rows of the step t: pixel of the map, and row of `delta`, `b` and `c`. */
export function locate({ directions, length }: ScanPlan): string {
  return `
    let pixel = b * ${length}u + u32(order[k * ${length}u + t]);
    let row = pixel * ${directions}u + k;`;
}

/** Workgroups over channels and chunks, directions, images. */
export function pathGroups({ tiles, directions, batch }: ScanPlan, chunks: number): [number, number, number] {
  return [tiles * chunks, directions, batch];
}
