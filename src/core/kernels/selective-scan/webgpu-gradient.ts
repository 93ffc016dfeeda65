import { bindings } from '../webgpu-shader.js';
import { butterfly } from './webgpu-butterfly.js';
import {
  carryAt,
  carryFloats,
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
import { advance, loadParams, startStates } from './webgpu-forward.js';
import type { ScanPlan } from './webgpu-plan.js';

/** Steps whose states one thread holds at once; the states before each such block are kept for the whole chunk. */
const block = 8;

/** Where the parts of the gradient's scratch memory begin, in floats. */
export function scratchLayout(plan: ScanPlan) {
  const { batch: B, length: L, directions: K, channels: D, states: N, tiles, chunks } = plan;
  const rows = B * L * K;
  const inputs = 0; // [B,L,K,D] gradients of u, a direction each
  const projections = rows * D; // [tiles,B,L,K,2N] gradients of b and c, a tile of channels each
  const params = projections + tiles * rows * 2 * N; // [B·chunks,K,N+2,D]
  return { inputs, projections, params, floats: params + B * chunks * K * (N + 2) * D };
}

/** The adjoint that every chunk but the first hands to the one before, when it starts from zero. */
export function localAdjoints(plan: ScanPlan): string {
  const { channels: D, states: N } = plan;
  const at = (n: number) => `${carryFloats(plan)}u + ${carryAt(plan, 'slot', n)}`;
  return `
${bindings(['params', 'array<f32>'], ['order', 'array<i32>'], ['delta', 'array<f32>'], ['dy', 'array<f32>'], ['c_', rowType(plan)], ['*carries', 'array<f32>'])}
${softplus}
${pathHead(plan, 1)}
  ${loadParams(plan)}
  ${each(plan, (g) => `var g${g} = vec4f();`)}
  var sum = 0.0;
  for (var i = first; i < end; i++) {
    let t = end - 1u - (i - first);
    ${locate(plan)}
    let dt = softplus(delta[row * ${D}u + d] + bias);
    let upstream = dy[pixel * ${D}u + d];
    ${each(plan, (g) => `g${g} = exp2(dt * a${g}) * (g${g} + upstream * ${rowGroup(plan, 'c_', g)});`)}
    sum += dt;
    if (${restarts(plan)}) {
      ${each(plan, (g) => `g${g} = vec4f();`)}
      sum = ${cleared};
    }
  }
  if (inside) {
    ${each(plan, (g) => storeGroup(plan, 'carries', g, at, `g${g}`))}
    carries[${at(N)}] = sum;
  }
}`;
}

/** Walks each chunk forwards to recompute its states, then backwards through the adjoint. */
export function scanGradient(plan: ScanPlan): string {
  const { channels: D, subgroupSize } = plan;
  const carries = plan.carried ? [['carries', 'array<f32>'] as const] : [];
  const builtin = subgroupSize > 1 ? ', @builtin(subgroup_invocation_id) sub: u32' : '';
  const inputs = (condition = '') => `
      ${locate(plan)}
      let raw = delta[row * ${D}u + d] + bias;
      let dt = softplus(raw);
      let here = select(0.0, u[pixel * ${D}u + d], inside);
      let x = dt * here;
      ${condition}`;
  const restart = `if (${restarts(plan)}) { ${each(plan, (g) => `h${g} = vec4f();`)} }`;
  const { lines, shared, store } = sumOverChannels(plan);
  return `
${subgroupSize > 1 ? 'enable subgroups;\ndiagnostic(off, subgroup_uniformity);' : ''}
${bindings(['params', 'array<f32>'], ['order', 'array<i32>'], ['delta', 'array<f32>'], ['u', 'array<f32>'], ['dy', 'array<f32>'], ['b_', rowType(plan)], ['c_', rowType(plan)], ['*ddelta', 'array<f32>'], ['*scratch', 'array<f32>'], ...carries)}
${shared}
${softplus}
${pathHead(plan, 0, builtin)}
  ${declarations(plan)}
  let blocks = (end - first + ${block - 1}u) / ${block}u;
  for (var s = 0u; s < blocks; s++) {
    ${each(plan, (g) => `saved[s * ${groupCount(plan)}u + ${g}u] = h${g};`)}
    if (s + 1u == blocks) { break; }
    for (var q = 0u; q < ${block}u; q++) {
      let t = first + s * ${block}u + q;
      ${inputs(restart)}
      ${advance(plan)}
    }
  }
  for (var i = 0u; i < blocks; i++) {
    let s = blocks - 1u - i;
    let start = first + s * ${block}u;
    let steps = min(end - start, ${block}u);
    ${each(plan, (g) => `h${g} = saved[s * ${groupCount(plan)}u + ${g}u];`)}
    for (var q = 0u; q < steps; q++) {
      let t = start + q;
      ${inputs(restart)}
      ${each(plan, (g) => `history[q * ${groupCount(plan)}u + ${g}u] = h${g};`)}
      ${advance(plan)}
    }
    for (var j = 0u; j < steps; j++) {
      let q = steps - 1u - j;
      let t = start + q;
      ${inputs()}
      ${adjointStep(plan)}
      ${lines}
      workgroupBarrier();
      ${store}
    }
  }
  ${storeParams(plan)}
}`;
}

function groupCount({ states }: ScanPlan): number {
  return Math.ceil(states / 4);
}

function declarations(plan: ScanPlan): string {
  const { states: N, chunk, chunks } = plan;
  const adjointAt = (n: number) => `${carryFloats(plan)}u + ${carryAt(plan, 'chunk', n)}`;
  const load = (g: number) => stridedGroup(plan, 'carries', g, adjointAt);
  return `
  ${loadParams(plan)}
  let skip = params[${paramAt(plan, N + 1)}];
  var saved: array<vec4f, ${Math.ceil(chunk / block) * groupCount(plan)}>;
  var history: array<vec4f, ${block * groupCount(plan)}>;
  ${startStates(plan)}
  ${each(plan, (g) => `var g${g} = vec4f(); var da${g} = vec4f();`)}
  var dbias = 0.0;
  var dskip = 0.0;
  ${plan.carried ? `if (inside && chunk < ${chunks - 1}u) { ${each(plan, (g) => `g${g} = ${load(g)};`)} }` : ''}`;
}

/** The adjoint of one step; leaves the contributions to the gradients of b and c in `vb0…` and `vc0…`. */
function adjointStep(plan: ScanPlan): string {
  const { channels: D } = plan;
  const { inputs } = scratchLayout(plan);
  return `
      let upstream = select(0.0, dy[pixel * ${D}u + d], inside);
      let restarted = ${restarts(plan)};
      var ddt = 0.0;
      var du = 0.0;
      ${each(
        plan,
        (g) => `
      let row${g} = ${rowGroup(plan, 'b_', g)};
      let decay${g} = exp2(dt * a${g});
      let kept${g} = decay${g} * history[q * ${groupCount(plan)}u + ${g}u];
      let all${g} = g${g} + upstream * ${rowGroup(plan, 'c_', g)};
      let vc${g} = upstream * (kept${g} + x * row${g});
      let vb${g} = x * all${g};
      da${g} += dt * all${g} * kept${g};
      ddt += ${Math.LN2} * dot(all${g}, a${g} * kept${g}) + here * dot(all${g}, row${g});
      du += dot(all${g}, row${g});
      g${g} = select(decay${g} * all${g}, vec4f(), restarted);`,
      )}
      let draw = select(ddt / (1.0 + exp(-raw)), ddt, raw > 20.0);
      dbias += draw;
      dskip += upstream * here;
      if (inside) {
        ddelta[row * ${D}u + d] = draw;
        scratch[${inputs}u + row * ${D}u + d] = dt * du + skip * upstream;
      }`;
}

/** Every row's gradients of b and c are sums over channels: within a subgroup by shuffles, then in shared memory. */
function sumOverChannels(plan: ScanPlan): { lines: string; shared: string; store: string } {
  const { states: N, threads, subgroupSize, batch: B, length: L, directions: K, tiles } = plan;
  const values = [...Array(2 * N).keys()].map((i) => {
    const n = i % N;
    return `v${i < N ? 'b' : 'c'}${n >> 2}.${'xyzw'[n % 4]}`;
  });
  const { lines, results, offset, writes } = butterfly(values, subgroupSize);
  const rows = threads / subgroupSize;
  const buffer = `(q & 1u) * ${rows * 2 * N}u`;
  const row = `${buffer} + (lane / ${subgroupSize}u) * ${2 * N}u + ${offset}`;
  const { projections } = scratchLayout(plan);
  const out = `${projections}u + ((group.x % ${tiles}u) * ${B * L * K}u + row) * ${2 * N}u`;
  return {
    // Two buffers in turn, so that one barrier a step is enough.
    shared: `var<workgroup> sums: array<f32, ${2 * rows * 2 * N}>;`,
    lines: `${lines.join('\n      ')}
      if (${writes}) { ${results.map((name, i) => `sums[${row} + ${i}u] = ${name};`).join(' ')} }`,
    store: `for (var i = lane; i < ${2 * N}u; i += ${threads}u) {
        var total = 0.0;
        for (var r = 0u; r < ${rows}u; r++) { total += sums[${buffer} + r * ${2 * N}u + i]; }
        scratch[${out} + i] = total;
      }`,
  };
}

function storeParams(plan: ScanPlan): string {
  const { states: N, channels: D, directions: K, chunks } = plan;
  const { params } = scratchLayout(plan);
  const at = (n: number) =>
    `${params}u + (((b * ${chunks}u + chunk) * ${K}u + k) * ${N + 2}u + ${n}u) * ${D}u + d`;
  return `if (inside) {
    ${each(plan, (g) => storeGroup(plan, 'scratch', g, at, `da${g}`))}
    scratch[${at(N)}] = dbias;
    scratch[${at(N + 1)}] = dskip;
  }`;
}
