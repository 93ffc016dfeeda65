import { normal } from '../../nn/initialisers.js';
import { layerNorm, layerNormSpecs, linear, linearSpecs, scoped } from '../../nn/layers.js';
import type { ParameterSpec, Weights } from '../../nn/parameter.js';
import type { Ops } from '../../ops/ops.js';

/** Tensors of an up-sampling layer from `inner` to `outer` channels. */
export function patchExpandSpecs(inner: number, outer: number): ParameterSpec[] {
  return [
    ...scoped('expand', linearSpecs(inner, 4 * outer, { bias: false, init: normal(0.02) })),
    ...scoped('norm', layerNormSpecs(outer)),
  ];
}

/** Doubles the map: `[B,H,W,2C]` → `[B,2H,2W,C]` (docs/algorithms.md 1.4, PatchExpand). */
export function patchExpand<T>(ops: Ops<T>, w: Weights<T>, x: T): T {
  const [, height, width] = ops.shapeOf(x) as [number, number, number, number];
  const expanded = linear(ops, w.in('expand'), x); // [B,H,W,4C], the four in order (row, column, channel)
  const channels = ops.shapeOf(expanded)[3]! / 4;
  const patches = ops.reshape(expanded, [-1, width, 2, 2 * channels]); // [B·H, W, p1, p2·C]
  const rows = ops.transpose(patches, [0, 2, 1, 3]); // [B·H, p1, W, p2·C]
  return layerNorm(ops, w.in('norm'), ops.reshape(rows, [-1, 2 * height, 2 * width, channels]));
}
