import { bindings, flatHead } from '../webgpu-shader.js';
import { scratchLayout } from './webgpu-gradient.js';
import type { ScanPlan } from './webgpu-plan.js';

/** How many threads `sumDirections` wants. */
export function summedElements({ batch, length, channels }: ScanPlan): number {
  return (batch * length * channels) / (channels % 4 === 0 ? 4 : 1);
}

/** `[B,L,K,D]` → `[B,L,D]`. */
export function sumDirections(plan: ScanPlan): string {
  const { channels, directions: K } = plan;
  const width = channels % 4 === 0 ? 4 : 1;
  const type = width === 4 ? 'vec4f' : 'f32';
  const D = channels / width;
  return `
${bindings(['partial', `array<${type}>`], ['*total', `array<${type}>`])}
${flatHead(summedElements(plan))}
  let start = (i / ${D}u) * ${K * D}u + i % ${D}u;
  var sum = partial[start];
  for (var k = 1u; k < ${K}u; k++) { sum += partial[start + k * ${D}u]; }
  total[i] = sum;
}`;
}

/** Gradients of b and c from the sums over each tile of channels; a thread for each element of both. */
export function sumTiles(plan: ScanPlan): string {
  const { batch: B, length: L, directions: K, states: N, tiles } = plan;
  const elements = B * L * K * 2 * N;
  return `
${bindings(['scratch', 'array<f32>'], ['*db', 'array<f32>'], ['*dc', 'array<f32>'])}
${flatHead(elements)}
  var sum = 0.0;
  for (var tile = 0u; tile < ${tiles}u; tile++) {
    sum += scratch[${scratchLayout(plan).projections}u + tile * ${elements}u + i];
  }
  let row = i / ${2 * N}u;
  let n = i % ${2 * N}u;
  if (n < ${N}u) { db[row * ${N}u + n] = sum; } else { dc[row * ${N}u + n - ${N}u] = sum; }
}`;
}

/** Gradients of A, the bias and the skip weights from those of each image and chunk. */
export function sumChunks(plan: ScanPlan): string {
  const { batch: B, directions: K, channels: D, states: N, chunks } = plan;
  const elements = K * (N + 2) * D;
  return `
${bindings(['scratch', 'array<f32>'], ['*da', 'array<f32>'], ['*dskip', 'array<f32>'], ['*dbias', 'array<f32>'])}
${flatHead(elements)}
  var sum = 0.0;
  for (var part = 0u; part < ${B * chunks}u; part++) {
    sum += scratch[${scratchLayout(plan).params}u + part * ${elements}u + i];
  }
  let d = i % ${D}u;
  let n = (i / ${D}u) % ${N + 2}u;
  let path = (i / ${D * (N + 2)}u) * ${D}u + d;
  if (n < ${N}u) { da[path * ${N}u + n] = sum; }
  else if (n == ${N}u) { dbias[path] = sum; }
  else { dskip[path] = sum; }
}`;
}
