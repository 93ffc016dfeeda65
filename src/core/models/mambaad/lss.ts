import { normal, zeros } from '../../nn/initialisers.js';
import {
  conv,
  convSpecs,
  depthwise,
  depthwiseSpecs,
  layerNorm,
  layerNormSpecs,
  scoped,
} from '../../nn/layers.js';
import type { ParameterSpec, Weights } from '../../nn/parameter.js';
import type { Ops } from '../../ops/ops.js';
import type { MambaConfig } from './config.js';
import { ss2d, ss2dSpecs } from './ss2d.js';

interface LssShape {
  channels: number;
  /** HSS blocks of the state-space branch. */
  blocks: number;
}

/** Tensors of one locality-enhanced state-space module (MambaAD section 3.2; names of the published checkpoint). */
export function lssSpecs({ channels, blocks }: LssShape, config: MambaConfig): ParameterSpec[] {
  const pointwise = (inner: number) =>
    convSpecs({ inner, outer: channels, size: 1 }, { bias: zeros, init: normal(Math.sqrt(2 / channels)) });
  const hss = Array.from({ length: config.global ? blocks : 0 }, (_, k) => [
    ...scoped(`smm_blocks.${k}.ln_1`, layerNormSpecs(channels)),
    ...scoped(`smm_blocks.${k}.self_attention`, ss2dSpecs(channels, config)),
  ]).flat();
  const local = config.kernels.flatMap((size) => [
    ...(hasPointwise(config) ? scoped(`conv1b${size}.0`, pointwise(channels)) : []),
    ...(hasPointwise(config) ? scoped(`conv1a${size}.0`, pointwise(channels)) : []),
    ...scoped(`conv${size}${size}.0`, depthwiseSpecs(channels, size)),
  ]);
  const branches = config.kernels.length + (config.global ? 1 : 0);
  const merge = branches > 1 ? scoped('finalconv11', pointwise(branches * channels)) : [];
  return [...hss, ...local, ...merge];
}

/** LSS module: state-space branch beside local convolutions, merged, with a skip. `[B,H,W,C]` → `[B,H,W,C]`. */
export function lss<T>(
  ops: Ops<T>,
  w: Weights<T>,
  x: T,
  blocks: number,
  dropPath: number,
  config: MambaConfig,
): T {
  const branches = config.kernels.map((size) => localBranch(ops, w, x, size, hasPointwise(config)));
  if (config.global) branches.unshift(globalBranch(ops, w, x, blocks, dropPath, config));
  // HSS blocks alone are a plain Mamba decoder, and have skips of their own.
  if (config.global && branches.length === 1) return branches[0]!;
  const merged =
    branches.length === 1 ? branches[0]! : conv(ops, w.in('finalconv11'), ops.concat(branches, 3));
  return config.skip === false ? merged : ops.add(merged, x);
}

function hasPointwise({ pointwise }: MambaConfig): boolean {
  return pointwise !== false;
}

/** HSS blocks in a row: `x + DropPath(SS2D(LN(x)))` (MambaAD eq. 6). */
function globalBranch<T>(
  ops: Ops<T>,
  w: Weights<T>,
  x: T,
  blocks: number,
  dropPath: number,
  config: MambaConfig,
): T {
  let y = x;
  for (let k = 0; k < blocks; k++) {
    const block = w.in(`smm_blocks.${k}`);
    const normed = layerNorm(ops, block.in('ln_1'), y);
    const residual = ops.scope(() => ss2d(ops, block.in('self_attention'), normed, config));
    y = ops.add(y, ops.dropPath(residual, dropPath));
  }
  return y;
}

/** 1×1, depth-wise k×k, 1×1, or the depth-wise one alone, each followed by instance norm and SiLU. */
function localBranch<T>(ops: Ops<T>, w: Weights<T>, x: T, size: number, pointwise: boolean): T {
  return ops.scope(() => {
    const mix = (name: string, y: T) =>
      pointwise ? ops.instanceNormSilu(conv(ops, w.in(name), y), 1e-5) : y;
    const before = mix(`conv1b${size}.0`, x);
    const middle = ops.instanceNormSilu(depthwise(ops, w.in(`conv${size}${size}.0`), before), 1e-5);
    return mix(`conv1a${size}.0`, middle);
  });
}
