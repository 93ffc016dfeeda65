import { batchNorm, batchNormSpecs, conv, convSpecs, scoped } from '../../nn/layers.js';
import type { ParameterSpec, Weights } from '../../nn/parameter.js';
import type { Ops } from '../../ops/ops.js';
import type { Rd4adConfig } from './config.js';
import { residual, residualSpecs } from './residual.js';

/**
 * Tensors of fusion and one-class bottleneck (`mff_oce` of the ADer checkpoint; docs/algorithms.md 3.2).
 *
 * @param channels of the teacher's maps, fine to coarse
 */
export function bottleneckSpecs(channels: readonly number[], config: Rd4adConfig): ParameterSpec[] {
  const [c1, c2, c3] = channels as [number, number, number];
  const reduction = (k: number, inner: number, outer: number) => [
    ...scoped(`conv${k}`, convSpecs({ inner, outer, size: 3 })),
    ...scoped(`bn${k}`, batchNormSpecs(outer)),
  ];
  const outer = 2 * c3;
  const blocks = Array.from({ length: config.bottleneck }, (_, block) => {
    const shape = { inner: block === 0 ? 3 * c3 : outer, width: c3 / 2, outer };
    const specs = residualSpecs({ ...shape, change: block === 0 ? 'halve' : 'keep' });
    return scoped(`bn_layer.${block}`, specs);
  });
  return [...reduction(1, c1, c2), ...reduction(2, c2, c3), ...reduction(3, c2, c3), ...blocks.flat()];
}

/** The teacher's maps, fine to coarse, as one of half the coarsest's side: `[B,16,16,1024]` → `[B,8,8,2048]`. */
export function embed<T>(ops: Ops<T>, w: Weights<T>, features: readonly T[], config: Rd4adConfig): T {
  const [fine, middle, coarse] = features as [T, T, T];
  const reduce = (k: number, x: T) =>
    ops.relu(batchNorm(ops, w.in(`bn${k}`), conv(ops, w.in(`conv${k}`), x, { stride: 2, pad: 1 })));
  let z = ops.concat([reduce(2, reduce(1, fine)), reduce(3, middle), coarse], 3);
  for (let block = 0; block < config.bottleneck; block++) {
    z = residual(ops, w.in(`bn_layer.${block}`), z, block === 0 ? 'halve' : 'keep');
  }
  return z;
}

/** Tensors of the decoder (`net_s` of the ADer checkpoint). */
export function decoderSpecs(channels: readonly number[], { depths }: Rd4adConfig): ParameterSpec[] {
  let inner = 2 * channels.at(-1)!;
  return depths.flatMap((depth, stage) => {
    const outer = channels[channels.length - 1 - stage]!;
    return Array.from({ length: depth }, (_, block) => {
      const change = block === 0 ? 'double' : 'keep';
      const specs = residualSpecs({ inner, width: outer / 2, outer, change });
      inner = outer;
      return scoped(`layer${stage + 1}.${block}`, specs);
    }).flat();
  });
}

/** `[B,8,8,2048]` → reconstructions of the teacher's maps, fine to coarse. */
export function decode<T>(ops: Ops<T>, w: Weights<T>, embedding: T, { depths }: Rd4adConfig): T[] {
  const outputs: T[] = [];
  let x = embedding;
  depths.forEach((depth, stage) => {
    for (let block = 0; block < depth; block++) {
      x = residual(ops, w.in(`layer${stage + 1}.${block}`), x, block === 0 ? 'double' : 'keep');
    }
    outputs.unshift(x);
  });
  return outputs;
}
