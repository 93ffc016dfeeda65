import type { NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import { sizeOf } from '../../tensor.js';
import { input, replaceKernel } from '../register.js';
import { siluFunctions } from '../silu/webgpu.js';
import { type Columns, columnGroups, columnSums, finishColumns, finishGroups } from '../webgpu-columns.js';
import { dispatch, type GpuBackend, scratch } from '../webgpu-dispatch.js';
import { bindings, flatGroups, flatHead } from '../webgpu-shader.js';

type Activation = 'none' | 'silu' | 'relu';

/** `activate(z)` and its slope. */
const activations: Record<Activation, string> = {
  none: 'fn activate(z: f32) -> f32 { return z; } fn slope(z: f32) -> f32 { return 1.0; }',
  relu: 'fn activate(z: f32) -> f32 { return max(z, 0.0); } fn slope(z: f32) -> f32 { return select(0.0, 1.0, z > 0.0); }',
  silu: `${siluFunctions}
fn activate(z: f32) -> f32 { return z * sigmoid(z); } fn slope(z: f32) -> f32 { return siluSlope(z); }`,
};

/** What is normalised together, and what is done with it. */
interface Norm extends Columns {
  readonly label: string;
  readonly activation: Activation;
  /** weight and bias, or none. */
  readonly affine: readonly TensorInfo[];
}

/** Registers instance and batch normalisation, with activation and gradients, for tfjs-backend-webgpu. */
export function registerWebgpuChannelNorms(): void {
  for (const [name, describe] of [
    ['InstanceNorm', instances],
    ['BatchNormTraining', wholeBatch],
  ] as const) {
    replaceKernel({
      kernelName: name,
      backendName: 'webgpu',
      kernelFunc: ({ inputs, attrs, backend }) =>
        forward(
          backend as unknown as GpuBackend,
          describe(inputs, attrs?.activation as Activation),
          input(inputs, 'x'),
          attrs?.eps as number,
        ),
    });
    replaceKernel({
      kernelName: `${name}Grad`,
      backendName: 'webgpu',
      kernelFunc: ({ inputs, attrs, backend }) =>
        gradient(backend as unknown as GpuBackend, describe(inputs, attrs?.activation as Activation), inputs),
    });
  }
}

function instances(inputs: NamedTensorInfoMap, activation: Activation): Norm {
  const { shape } = input(inputs, 'x');
  const rows = sizeOf(shape.slice(1, -1));
  return {
    label: 'InstanceNorm',
    groups: shape[0]!,
    rows,
    channels: shape.at(-1)!,
    activation,
    affine: [],
  };
}

function wholeBatch(inputs: NamedTensorInfoMap, activation: Activation): Norm {
  const { shape } = input(inputs, 'x');
  const affine = [input(inputs, 'weight'), input(inputs, 'bias')];
  const rows = sizeOf(shape.slice(0, -1));
  return { label: 'BatchNorm', groups: 1, rows, channels: shape.at(-1)!, activation, affine };
}

/** y, and mean, biased variance and 1 / standard deviation of each group: `[B,3,C]`, or `[3,C]` of a whole batch. */
function forward(backend: GpuBackend, norm: Norm, x: TensorInfo, eps: number): TensorInfo[] {
  const { groups, channels, affine } = norm;
  const statistics = backend.makeTensorInfo(
    affine.length > 0 ? [3, channels] : [groups, 3, channels],
    'float32',
  );
  const y = backend.makeTensorInfo(x.shape, 'float32');
  const [sum, unused] = [scratch(backend, groups * channels), scratch(backend, groups * channels)];
  sumColumns(backend, norm, { inputs: ['x'], first: 'x[at]', second: '0.0' }, [x], [sum, unused]);
  const off = `(x[at] - mean[column] / ${norm.rows}.0)`;
  const squares = { inputs: ['x', 'mean'], first: `${off} * ${off}`, second: '0.0' };
  const variance = scratch(backend, groups * channels);
  sumColumns(backend, norm, squares, [x, sum], [variance, unused]);
  const run = runner(backend, norm);
  run(collect(norm, eps), [sum, variance, statistics], flatGroups(groups * channels));
  run(normalise(norm), [x, statistics, ...affine, y], flatGroups(sizeOf(x.shape)));
  for (const { dataId } of [sum, unused, variance]) backend.disposeData(dataId);
  return [y, statistics];
}

function gradient(backend: GpuBackend, norm: Norm, inputs: NamedTensorInfoMap): TensorInfo[] {
  const { groups, channels, affine } = norm;
  const [x, statistics, dy] = ['x', 'statistics', 'dy'].map((name) => input(inputs, name));
  const dx = backend.makeTensorInfo(x!.shape, 'float32');
  const [dWeight, dBias] = [0, 1].map(() => backend.makeTensorInfo([groups * channels], 'float32'));
  const terms = {
    inputs: ['x', 'statistics', 'dy', ...affineNames(norm)],
    functions: `${activations[norm.activation]}\n${standardise(norm)}`,
    first: `dy[at] * slope(scaled(at, column, c)) * standardised(at, column)`,
    second: `dy[at] * slope(scaled(at, column, c))`,
  };
  sumColumns(backend, norm, terms, [x!, statistics!, dy!, ...affine], [dWeight!, dBias!]);
  runner(backend, norm)(
    inputGradient(norm),
    [x!, statistics!, dy!, dWeight!, dBias!, ...affine, dx],
    flatGroups(sizeOf(x!.shape)),
  );
  if (affine.length > 0) return [dx, dWeight!, dBias!];
  for (const { dataId } of [dWeight!, dBias!]) backend.disposeData(dataId);
  return [dx];
}

/** Both sums of every column, into a buffer each. */
function sumColumns(
  backend: GpuBackend,
  norm: Norm,
  terms: Parameters<typeof columnSums>[1],
  from: TensorInfo[],
  to: TensorInfo[],
): void {
  const run = runner(backend, norm);
  const parts = scratch(backend, finishGroups(norm).floats);
  run(columnSums(norm, terms), [...from, parts], columnGroups(norm));
  run(finishColumns(norm), [parts, ...to], finishGroups(norm).workgroups);
  backend.disposeData(parts.dataId);
}

function collect({ groups, rows, channels }: Norm, eps: number): string {
  return `
${bindings(['sum', 'array<f32>'], ['squares', 'array<f32>'], ['*statistics', 'array<f32>'])}
${flatHead(groups * channels)}
  let to = (i / ${channels}u) * ${3 * channels}u + i % ${channels}u;
  let variance = squares[i] / ${rows}.0;
  statistics[to] = sum[i] / ${rows}.0;
  statistics[to + ${channels}u] = variance;
  statistics[to + ${2 * channels}u] = inverseSqrt(variance + ${eps});
}`;
}

function normalise(norm: Norm): string {
  return `
${bindings(...floats('x', 'statistics', ...affineNames(norm), '*y'))}
${activations[norm.activation]}
${standardise(norm)}
${flatHead(norm.groups * norm.rows * norm.channels)}
${place(norm)}
  y[i] = activate(scaled(i, column, c));
}`;
}

function inputGradient(norm: Norm): string {
  const { groups, rows, channels, affine } = norm;
  return `
${bindings(...floats('x', 'statistics', 'dy', 'along', 'plain', ...affineNames(norm), '*dx'))}
${activations[norm.activation]}
${standardise(norm)}
${flatHead(groups * rows * channels)}
${place(norm)}
  let own = dy[i] * slope(scaled(i, column, c));
  let scale = ${affine.length > 0 ? 'weight[c] * ' : ''}statistics[at(column) + ${2 * channels}u];
  dx[i] = scale * (own - (plain[column] + standardised(i, column) * along[column]) / ${rows}.0);
}`;
}

/** The value standardised, and scaled and shifted where there are weights; `column` counts `[groups, C]`. */
function standardise({ channels, affine }: Norm): string {
  const scaled = affine.length > 0 ? ' * weight[c] + bias[c]' : '';
  return `
fn at(column: u32) -> u32 { return (column / ${channels}u) * ${3 * channels}u + column % ${channels}u; }
fn standardised(i: u32, column: u32) -> f32 {
  let s = at(column);
  return (x[i] - statistics[s]) * statistics[s + ${2 * channels}u];
}
fn scaled(i: u32, column: u32, c: u32) -> f32 { return standardised(i, column)${scaled}; }`;
}

function place({ rows, channels }: Norm): string {
  return `
  let c = i % ${channels}u;
  let column = (i / ${rows * channels}u) * ${channels}u + c;`;
}

function affineNames({ affine }: Norm): string[] {
  return affine.length > 0 ? ['weight', 'bias'] : [];
}

function floats(...names: string[]): (readonly [string, string])[] {
  return names.map((name) => [name, 'array<f32>']);
}

function runner(backend: GpuBackend, { label }: Norm) {
  return (code: string, buffers: TensorInfo[], workgroups: [number, number, number]) =>
    dispatch(backend, { label, code, buffers, workgroups });
}
