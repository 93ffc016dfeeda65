import { uniform } from '../../nn/initialisers.js';
import { batchNorm, batchNormSpecs, conv, convSpecs, scoped } from '../../nn/layers.js';
import type { ParameterSpec, Weights } from '../../nn/parameter.js';
import type { ConvOptions, Ops } from '../../ops/ops.js';

const residualBlocks = 3;
const expansion = 4;

/**
 * Tensors of the feature fusion (`mff_oce` of the published checkpoint; docs/algorithms.md 1.3).
 *
 * @param channels of the teacher's maps, fine to coarse.
 * @param outer channels of the bottleneck map.
 */
export function bottleneckSpecs([fine, middle, coarse]: readonly number[], outer: number): ParameterSpec[] {
  const [c1, c2, c3] = [fine!, middle!, coarse!];
  const biased = (size: number) =>
    convSpecs({ inner: size, outer: size, size: 1 }, { bias: uniform(1 / Math.sqrt(size)) });
  return [
    ...scoped('conv1', convSpecs({ inner: c1, outer: c2, size: 3 })),
    ...scoped('bn1', batchNormSpecs(c2)),
    ...scoped('conv2', convSpecs({ inner: c2, outer: c3, size: 3 })),
    ...scoped('bn2', batchNormSpecs(c3)),
    ...scoped('conv21', biased(c2)),
    ...scoped('bn21', batchNormSpecs(c2)),
    ...scoped('conv31', biased(c3)),
    ...scoped('bn31', batchNormSpecs(c3)),
    ...scoped('convf', biased(c3)),
    ...scoped('bnf', batchNormSpecs(c3)),
    ...Array.from({ length: residualBlocks }, (_, block) =>
      scoped(`bn_layer.${block}`, residualSpecs(block === 0 ? c3 : outer, outer, block === 0)),
    ).flat(),
  ];
}

/** Fuses the teacher's maps `[B,64,64,64]`, `[B,32,32,128]`, `[B,16,16,256]` into `[B,8,8,512]` (MambaAD fig. 2, H-FPN). */
export function fuse<T>(ops: Ops<T>, w: Weights<T>, [fine, middle, coarse]: readonly T[]): T {
  const unit = (convolution: string, norm: string, x: T, options: Omit<ConvOptions<T>, 'bias'> = {}) =>
    ops.relu(batchNorm(ops, w.in(norm), conv(ops, w.in(convolution), x, options)));
  const a = unit('conv1', 'bn1', fine!, { stride: 2, pad: 1 });
  const b = ops.add(unit('conv21', 'bn21', middle!), a);
  const c = ops.add(unit('conv2', 'bn2', b, { stride: 2, pad: 1 }), unit('conv31', 'bn31', coarse!));
  let z = unit('convf', 'bnf', c);
  for (let block = 0; block < residualBlocks; block++) {
    z = residual(ops, w.in(`bn_layer.${block}`), z, block === 0 ? 2 : 1);
  }
  return z;
}

/** A ResNet bottleneck block: 1×1, 3×3, 1×1 with batch norms and a shortcut. */
function residualSpecs(inner: number, outer: number, downsample: boolean): ParameterSpec[] {
  const planes = outer / expansion;
  return [
    ...scoped('conv1', convSpecs({ inner, outer: planes, size: 1 })),
    ...scoped('bn1', batchNormSpecs(planes)),
    ...scoped('conv2', convSpecs({ inner: planes, outer: planes, size: 3 })),
    ...scoped('bn2', batchNormSpecs(planes)),
    ...scoped('conv3', convSpecs({ inner: planes, outer, size: 1 })),
    ...scoped('bn3', batchNormSpecs(outer)),
    ...(downsample
      ? [
          ...scoped('downsample.0', convSpecs({ inner, outer, size: 1 })),
          ...scoped('downsample.1', batchNormSpecs(outer)),
        ]
      : []),
  ];
}

function residual<T>(ops: Ops<T>, w: Weights<T>, x: T, stride: number): T {
  const narrow = ops.relu(batchNorm(ops, w.in('bn1'), conv(ops, w.in('conv1'), x)));
  const spatial = ops.relu(batchNorm(ops, w.in('bn2'), conv(ops, w.in('conv2'), narrow, { stride, pad: 1 })));
  const wide = batchNorm(ops, w.in('bn3'), conv(ops, w.in('conv3'), spatial));
  const shortcut =
    stride === 1 ? x : batchNorm(ops, w.in('downsample.1'), conv(ops, w.in('downsample.0'), x, { stride }));
  return ops.relu(ops.add(wide, shortcut));
}
