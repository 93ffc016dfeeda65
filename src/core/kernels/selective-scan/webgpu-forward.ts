import { bindings } from '../webgpu-shader.js';
import {
  carryAt,
  cleared,
  each,
  locate,
  paramAt,
  pathHead,
  restarts,
  rowGroup,
  rowType,
  softplus,
  storeGroup,
  stridedGroup,
} from './webgpu-common.js';
import type { ScanPlan } from './webgpu-plan.js';

/** Gathers A, bias and skip weights as `[K, N+2, D]`, so that neighbouring threads read neighbouring values. */
export function packParams({ states: N, channels: D, directions: K }: ScanPlan): string {
  return `
${bindings(['a', 'array<f32>'], ['skip', 'array<f32>'], ['bias', 'array<f32>'], ['*params', 'array<f32>'])}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let path = id.x;
  if (path >= ${K * D}u) { return; }
  let k = path / ${D}u;
  let d = path % ${D}u;
  for (var n = 0u; n < ${N}u; n++) {
    params[(k * ${N + 2}u + n) * ${D}u + d] = a[path * ${N}u + n] * ${Math.LOG2E};
  }
  params[(k * ${N + 2}u + ${N}u) * ${D}u + d] = bias[path];
  params[(k * ${N + 2}u + ${N + 1}u) * ${D}u + d] = skip[path];
}`;
}

/** Declares A (times log2 e) of this path as `a0, a1, …`, and its bias. */
export function loadParams(plan: ScanPlan): string {
  return `
  let bias = params[${paramAt(plan, plan.states)}];
  ${each(plan, (g) => `let a${g} = ${stridedGroup(plan, 'params', g, (n) => paramAt(plan, n))};`)}`;
}

/** One step of the recurrence: `x` is Δ·u. */
export function advance(plan: ScanPlan): string {
  return each(plan, (g) => `h${g} = exp2(dt * a${g}) * h${g} + x * ${rowGroup(plan, 'b_', g)};`);
}

/** The state that every chunk but the last ends with when it starts from zero, and its sum of step sizes. */
export function localStates(plan: ScanPlan): string {
  const { channels: D, states: N } = plan;
  const { head, body } = { head: pathHead(plan), body: advance(plan) };
  return `
${bindings(['params', 'array<f32>'], ['order', 'array<i32>'], ['delta', 'array<f32>'], ['u', 'array<f32>'], ['b_', rowType(plan)], ['*carries', 'array<f32>'])}
${softplus}
${head}
  ${loadParams(plan)}
  ${each(plan, (g) => `var h${g} = vec4f();`)}
  var sum = 0.0;
  for (var t = first; t < end; t++) {
    ${locate(plan)}
    let dt = softplus(delta[row * ${D}u + d] + bias);
    let x = dt * u[pixel * ${D}u + d];
    if (${restarts(plan)}) {
      ${each(plan, (g) => `h${g} = vec4f();`)}
      sum = ${cleared};
    }
    sum += dt;
    ${body}
  }
  if (inside) {
    ${each(plan, (g) => storeGroup(plan, 'carries', g, (n) => carryAt(plan, 'slot', n), `h${g}`))}
    carries[${carryAt(plan, 'slot', N)}] = sum;
  }
}`;
}

/**
 * Turns what each chunk ends with on its own into what the next one starts with, in place; one thread a state. For
 * adjoints the chunks follow one another from the last to the first.
 */
export function combineChunks(plan: ScanPlan, backwards: boolean, offset = 0): string {
  const { channels: D, states: N, directions: K, batch: B, chunks } = plan;
  const slot = backwards ? `${chunks - 2}u - i` : 'i';
  const at = (row: string) =>
    `${offset}u + ((bk * ${chunks - 1}u + ${slot}) * ${N + 1}u + ${row}) * ${D}u + d`;
  return `
${bindings(['params', 'array<f32>'], ['*carries', 'array<f32>'])}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  let n = id.y;
  let bk = id.z;
  if (d >= ${D}u || bk >= ${B * K}u) { return; }
  let a = params[((bk % ${K}u) * ${N + 2}u + n) * ${D}u + d];
  var carried = 0.0;
  for (var i = 0u; i < ${chunks - 1}u; i++) {
    let sum = carries[${at(`${N}u`)}];
    let decay = select(exp2(a * sum), 0.0, sum >= ${cleared});
    carried = decay * carried + carries[${at('n')}];
    carries[${at('n')}] = carried;
  }
}`;
}

/** Statements that start `h0, h1, …` from the carried state, zero in the first chunk. */
export function startStates(plan: ScanPlan): string {
  const zero = each(plan, (g) => `var h${g} = vec4f();`);
  if (!plan.carried) return zero;
  const load = (g: number) => stridedGroup(plan, 'carries', g, (n) => carryAt(plan, '(chunk - 1u)', n));
  return `${zero}
  if (chunk > 0u) {
    ${each(plan, (g) => `h${g} = ${load(g)};`)}
  }`;
}

/** The outputs of every direction on their own, `[B,L,K,D]`: a sum without atomics comes after. */
export function applyScan(plan: ScanPlan): string {
  const { channels: D, states: N } = plan;
  const carries = plan.carried ? [['carries', 'array<f32>'] as const] : [];
  return `
${bindings(['params', 'array<f32>'], ['order', 'array<i32>'], ['delta', 'array<f32>'], ['u', 'array<f32>'], ['b_', rowType(plan)], ['c_', rowType(plan)], ['*partial', 'array<f32>'], ...carries)}
${softplus}
${pathHead(plan)}
  ${loadParams(plan)}
  let skip = params[${paramAt(plan, N + 1)}];
  ${startStates(plan)}
  for (var t = first; t < end; t++) {
    ${locate(plan)}
    let here = u[pixel * ${D}u + d];
    let dt = softplus(delta[row * ${D}u + d] + bias);
    let x = dt * here;
    if (${restarts(plan)}) {
      ${each(plan, (g) => `h${g} = vec4f();`)}
    }
    ${advance(plan)}
    var y = skip * here;
    ${each(plan, (g) => `y += dot(${rowGroup(plan, 'c_', g)}, h${g});`)}
    if (inside) { partial[row * ${D}u + d] = y; }
  }
}`;
}
