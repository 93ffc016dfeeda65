import type { BatchNormWeights, ConvOptions, Ops } from '../ops/ops.js';
import { kaimingFanOut, ones, uniform, zeros } from './initialisers.js';
import type { Layout, ParameterSpec, Weights } from './parameter.js';

type Init = ParameterSpec['init'];

/** Declares one trainable tensor. */
export function parameter(
  name: string,
  shape: readonly number[],
  init: Init,
  layout: Layout = 'as-is',
): ParameterSpec {
  return { name, shape, layout, init, trainable: true };
}

/** The same tensors under a deeper name. */
export function scoped(scope: string, specs: readonly ParameterSpec[]): ParameterSpec[] {
  return specs.map((spec) => ({ ...spec, name: `${scope}.${spec.name}` }));
}

/** `weight [O,I]`, and `bias [O]` when asked for. */
export function linearSpecs(
  inner: number,
  outer: number,
  { bias = true, init = uniform(1 / Math.sqrt(inner)) } = {},
): ParameterSpec[] {
  const weight = parameter('weight', [outer, inner], init, 'linear');
  return bias ? [weight, parameter('bias', [outer], zeros)] : [weight];
}

/** `x [...,I]` → `[...,O]`; the bias is used where there is one. */
export function linear<T>(ops: Ops<T>, w: Weights<T>, x: T): T {
  return ops.linear(x, w.get('weight'), w.has('bias') ? w.get('bias') : undefined);
}

interface ConvShape {
  inner: number;
  outer: number;
  size: number;
}

/** `weight [O,I,k,k]` and, with `bias`, an initialiser for `bias [O]`. Kaiming fan-out unless `init` says otherwise. */
export function convSpecs(
  { inner, outer, size }: ConvShape,
  { bias, init }: { bias?: Init; init?: Init } = {},
): ParameterSpec[] {
  const weight = parameter(
    'weight',
    [outer, inner, size, size],
    init ?? kaimingFanOut(outer * size * size),
    'conv',
  );
  return bias ? [weight, parameter('bias', [outer], bias)] : [weight];
}

/** `x [B,H,W,I]` → `[B,h,w,O]`. */
export function conv<T>(ops: Ops<T>, w: Weights<T>, x: T, options: Omit<ConvOptions<T>, 'bias'> = {}): T {
  return ops.conv2d(x, w.get('weight'), { ...options, bias: w.has('bias') ? w.get('bias') : undefined });
}

/** `weight [C,1,k,k]` and optionally `bias [C]`. */
export function depthwiseSpecs(channels: number, size: number, { bias = false } = {}): ParameterSpec[] {
  // fan-out / groups = k·k for a depth-wise kernel.
  const weight = parameter('weight', [channels, 1, size, size], kaimingFanOut(size * size), 'depthwise');
  return bias ? [weight, parameter('bias', [channels], zeros)] : [weight];
}

/** `x [B,H,W,C]` → `[B,H,W,C]`, same size. */
export function depthwise<T>(ops: Ops<T>, w: Weights<T>, x: T): T {
  return ops.depthwise(x, w.get('weight'), { bias: w.has('bias') ? w.get('bias') : undefined });
}

export function layerNormSpecs(channels: number): ParameterSpec[] {
  return [parameter('weight', [channels], ones), parameter('bias', [channels], zeros)];
}

export function layerNorm<T>(ops: Ops<T>, w: Weights<T>, x: T): T {
  return ops.layerNorm(x, w.get('weight'), w.get('bias'), 1e-5);
}

export function batchNormSpecs(channels: number): ParameterSpec[] {
  return [
    parameter('weight', [channels], ones),
    parameter('bias', [channels], zeros),
    { ...parameter('running_mean', [channels], zeros), trainable: false },
    { ...parameter('running_var', [channels], ones), trainable: false },
  ];
}

export function batchNorm<T>(ops: Ops<T>, w: Weights<T>, x: T, eps = 1e-5): T {
  return ops.batchNorm(x, batchNormWeights(w), eps);
}

function batchNormWeights<T>(w: Weights<T>): BatchNormWeights<T> {
  return {
    mean: w.get('running_mean'),
    variance: w.get('running_var'),
    weight: w.get('weight'),
    bias: w.get('bias'),
  };
}
