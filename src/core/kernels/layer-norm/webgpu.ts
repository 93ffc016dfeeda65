import type { NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import { sizeOf } from '../../tensor.js';
import { input, replaceKernel } from '../register.js';
import { columnGroups, columnSums, finishColumns, finishGroups } from '../webgpu-columns.js';
import { dispatch, type GpuBackend, scratch } from '../webgpu-dispatch.js';
import { bindings } from '../webgpu-shader.js';

/** Registers layer normalisation over the last axis and its gradient for tfjs-backend-webgpu. */
export function registerWebgpuLayerNorm(): void {
  replaceKernel({
    kernelName: 'LayerNorm',
    backendName: 'webgpu',
    kernelFunc: ({ inputs, attrs, backend }) =>
      forward(backend as unknown as GpuBackend, inputs, attrs?.eps as number),
  });
  replaceKernel({
    kernelName: 'LayerNormGrad',
    backendName: 'webgpu',
    kernelFunc: ({ inputs, backend }) => gradient(backend as unknown as GpuBackend, inputs),
  });
}

function forward(backend: GpuBackend, inputs: NamedTensorInfoMap, eps: number): TensorInfo[] {
  const [x, weight, bias] = ['x', 'weight', 'bias'].map((name) => input(inputs, name));
  const { rows, channels } = rowsOf(x!);
  const y = backend.makeTensorInfo(x!.shape, 'float32');
  const statistics = backend.makeTensorInfo([rows, 2], 'float32');
  const code = `
${bindings(['x', 'array<f32>'], ['weight', 'array<f32>'], ['bias', 'array<f32>'], ['*y', 'array<f32>'], ['*statistics', 'array<f32>'])}
${rowHead(rows, channels)}
  var sum = 0.0;
  for (var c = lane; c < end; c += 64u) { sum += x[start + c]; }
  let mean = rowSum(sum, thread) / ${channels}.0;
  sum = 0.0;
  for (var c = lane; c < end; c += 64u) { let d = x[start + c] - mean; sum += d * d; }
  let scale = inverseSqrt(rowSum(sum, thread) / ${channels}.0 + ${eps});
  for (var c = lane; c < end; c += 64u) {
    y[start + c] = (x[start + c] - mean) * scale * weight[c] + bias[c];
  }
  if (lane == 0u && end > 0u) {
    statistics[2u * row] = mean;
    statistics[2u * row + 1u] = scale;
  }
}`;
  const buffers = [x!, weight!, bias!, y, statistics];
  dispatch(backend, { label: 'LayerNorm', code, buffers, workgroups: rowGroups(rows) });
  return [y, statistics];
}

function gradient(backend: GpuBackend, inputs: NamedTensorInfoMap): TensorInfo[] {
  const [x, dy, weight, statistics] = ['x', 'dy', 'weight', 'statistics'].map((name) => input(inputs, name));
  const { rows, channels } = rowsOf(x!);
  const dx = backend.makeTensorInfo(x!.shape, 'float32');
  const [dWeight, dBias] = [0, 1].map(() => backend.makeTensorInfo([channels], 'float32'));
  const run = (code: string, buffers: TensorInfo[], workgroups: [number, number, number]) =>
    dispatch(backend, { label: 'LayerNormGrad', code, buffers, workgroups });
  run(inputGradient(rows, channels), [x!, dy!, weight!, statistics!, dx], rowGroups(rows));
  const columns = { groups: 1, rows, channels };
  const parts = scratch(backend, finishGroups(columns).floats);
  const terms = columnSums(columns, {
    inputs: ['x', 'dy', 'statistics'],
    first: 'dy[at] * (x[at] - statistics[2u * row]) * statistics[2u * row + 1u]',
    second: 'dy[at]',
  });
  run(terms, [x!, dy!, statistics!, parts], columnGroups(columns));
  run(finishColumns(columns), [parts, dWeight!, dBias!], finishGroups(columns).workgroups);
  backend.disposeData(parts.dataId);
  return [dx, dWeight!, dBias!];
}

function inputGradient(rows: number, channels: number): string {
  return `
${bindings(['x', 'array<f32>'], ['dy', 'array<f32>'], ['weight', 'array<f32>'], ['statistics', 'array<f32>'], ['*dx', 'array<f32>'])}
${rowHead(rows, channels)}
  let mean = statistics[2u * min(row, ${rows - 1}u)];
  let scale = statistics[2u * min(row, ${rows - 1}u) + 1u];
  var plain = 0.0;
  var along = 0.0;
  for (var c = lane; c < end; c += 64u) {
    let g = dy[start + c] * weight[c];
    plain += g;
    along += g * (x[start + c] - mean) * scale;
  }
  plain = rowSum(plain, thread) / ${channels}.0;
  along = rowSum(along, thread) / ${channels}.0;
  for (var c = lane; c < end; c += 64u) {
    let standardised = (x[start + c] - mean) * scale;
    dx[start + c] = scale * (dy[start + c] * weight[c] - plain - standardised * along);
  }
}`;
}

const rowsPerGroup = 4;
const widestGrid = 65_535;

function rowGroups(rows: number): [number, number, number] {
  const groups = Math.ceil(rows / rowsPerGroup);
  return [Math.min(groups, widestGrid), Math.ceil(groups / widestGrid), 1];
}

/** Four rows a workgroup, 64 threads each; rows beyond the last have no channels, but keep the barriers company. */
function rowHead(rows: number, channels: number): string {
  return `
var<workgroup> sums: array<f32, 256>;
fn rowSum(value: f32, thread: u32) -> f32 {
  sums[thread] = value;
  workgroupBarrier();
  for (var stride = 32u; stride > 0u; stride /= 2u) {
    if (thread % 64u < stride) { sums[thread] += sums[thread + stride]; }
    workgroupBarrier();
  }
  let total = sums[thread - thread % 64u];
  workgroupBarrier();
  return total;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = (group.y * ${widestGrid}u + group.x) * ${rowsPerGroup}u + thread / 64u;
  let lane = thread % 64u;
  let start = row * ${channels}u;
  let end = select(0u, ${channels}u, row < ${rows}u);`;
}

function rowsOf(x: TensorInfo): { rows: number; channels: number } {
  return { rows: sizeOf(x.shape.slice(0, -1)), channels: x.shape.at(-1)! };
}
