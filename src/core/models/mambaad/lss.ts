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
    ...scoped(`conv1b${size}.0`, pointwise(channels)),
    ...scoped(`conv1a${size}.0`, pointwise(channels)),
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
  const branches = config.kernels.map((size) => localBranch(ops, w, x, size));
  if (config.global) branches.unshift(globalBranch(ops, w, x, blocks, dropPath, config));
  if (branches.length === 1) return config.global ? branches[0]! : ops.add(branches[0]!, x);
  return ops.add(conv(ops, w.in('finalconv11'), ops.concat(branches, 3)), x);
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

/** 1×1, depth-wise k×k, 1×1, each followed by instance norm and SiLU. */
function localBranch<T>(ops: Ops<T>, w: Weights<T>, x: T, size: number): T {
  return ops.scope(() => {
    const before = ops.instanceNormSilu(conv(ops, w.in(`conv1b${size}.0`), x), 1e-5);
    const middle = ops.instanceNormSilu(depthwise(ops, w.in(`conv${size}${size}.0`), before), 1e-5);
    return ops.instanceNormSilu(conv(ops, w.in(`conv1a${size}.0`), middle), 1e-5);
  });
}
