import { uniform } from '../../nn/initialisers.js';
import { batchNorm, batchNormSpecs, conv, convSpecs, parameter, scoped } from '../../nn/layers.js';
import type { ParameterSpec, Weights } from '../../nn/parameter.js';
import type { Ops } from '../../ops/ops.js';

/** How the first block of a stage changes the side of the map. */
export type Change = 'halve' | 'double' | 'keep';

interface BlockShape {
  inner: number;
  /** Channels between the 1×1 convolutions. */
  width: number;
  outer: number;
  change: Change;
}

/** `weight [I,O,2,2]`, with PyTorch's default initial values for a transposed convolution: U(±1/√(O·k·k)). */
function transposedSpecs(inner: number, outer: number): ParameterSpec[] {
  const size = 2;
  const init = uniform(1 / Math.sqrt(outer * size * size));
  return [parameter('weight', [inner, outer, size, size], init, 'conv-transpose')];
}

/**
 * Tensors of a residual block: 1×1, 3×3, 1×1 with batch norms. A block that halves strides its 3×3, one that doubles
 * has a transposed 2×2 in its place; both have a projection in the shortcut.
 */
export function residualSpecs({ inner, width, outer, change }: BlockShape): ParameterSpec[] {
  const spatial =
    change === 'double' ? transposedSpecs(width, width) : convSpecs({ inner: width, outer: width, size: 3 });
  return [
    ...scoped('conv1', convSpecs({ inner, outer: width, size: 1 })),
    ...scoped('bn1', batchNormSpecs(width)),
    ...scoped('conv2', spatial),
    ...scoped('bn2', batchNormSpecs(width)),
    ...scoped('conv3', convSpecs({ inner: width, outer, size: 1 })),
    ...scoped('bn3', batchNormSpecs(outer)),
    ...shortcutSpecs(inner, outer, change),
  ];
}

function shortcutSpecs(inner: number, outer: number, change: Change): ParameterSpec[] {
  if (change === 'keep') return [];
  const name = change === 'halve' ? 'downsample' : 'upsample';
  const projection =
    change === 'halve' ? convSpecs({ inner, outer, size: 1 }) : transposedSpecs(inner, outer);
  return [...scoped(`${name}.0`, projection), ...scoped(`${name}.1`, batchNormSpecs(outer))];
}

/** `[B,H,W,I]` → `[B,h,w,O]`. */
export function residual<T>(ops: Ops<T>, w: Weights<T>, x: T, change: Change): T {
  return ops.scope(() => {
    const narrow = ops.relu(batchNorm(ops, w.in('bn1'), conv(ops, w.in('conv1'), x)));
    const spatial = ops.relu(batchNorm(ops, w.in('bn2'), resample(ops, w.in('conv2'), narrow, change)));
    const wide = batchNorm(ops, w.in('bn3'), conv(ops, w.in('conv3'), spatial));
    return ops.relu(ops.add(wide, shortcut(ops, w, x, change)));
  });
}

function resample<T>(ops: Ops<T>, w: Weights<T>, x: T, change: Change): T {
  if (change === 'double') return ops.convTranspose2d(x, w.get('weight'), { stride: 2 });
  return conv(ops, w, x, { stride: change === 'halve' ? 2 : 1, pad: 1 });
}

function shortcut<T>(ops: Ops<T>, w: Weights<T>, x: T, change: Change): T {
  if (change === 'keep') return x;
  const scope = w.in(change === 'halve' ? 'downsample' : 'upsample');
  const projected =
    change === 'halve'
      ? conv(ops, scope.in('0'), x, { stride: 2 })
      : ops.convTranspose2d(x, scope.in('0').get('weight'), { stride: 2 });
  return batchNorm(ops, scope.in('1'), projected);
}
