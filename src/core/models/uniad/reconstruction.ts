// Glossary: B batch · S side of the coarsest map · L = S·S tokens · C channels of all scales together · E width

import { xavierUniform } from '../../nn/initialisers.js';
import { linear, linearSpecs, scoped } from '../../nn/layers.js';
import type { ParameterSpec, Weights } from '../../nn/parameter.js';
import type { Ops } from '../../ops/ops.js';
import type { UniadConfig } from './config.js';
import { transform, transformerSpecs } from './transformer.js';

/** Tensors of the reconstruction network (names of the published checkpoint) for C channels. */
export function reconstructionSpecs(channels: number, config: UniadConfig): ParameterSpec[] {
  const { hidden } = config;
  const init = xavierUniform(channels, hidden);
  return [
    ...transformerSpecs(config),
    ...scoped('input_proj', linearSpecs(channels, hidden, { init })),
    ...scoped('output_proj', linearSpecs(hidden, channels, { init })),
  ];
}

/** All scales at the coarsest one's size: the teacher's maps → `[B,S,S,C]`. */
export function align<T>(ops: Ops<T>, features: readonly T[]): T {
  const [, height, width] = ops.shapeOf(features.at(-1)!) as [number, number, number, number];
  const maps = features.map((map) => {
    const [, h, w] = ops.shapeOf(map);
    return h === height && w === width ? map : ops.resizeBilinear(map, [height, width]);
  });
  return maps.length > 1 ? ops.concat(maps, 3) : maps[0]!;
}

/** Reconstructs aligned features from their tokens, jittered in training. `[B,S,S,C]` → `[B,S,S,C]`. */
export function reconstructAligned<T>(ops: Ops<T>, w: Weights<T>, aligned: T, config: UniadConfig): T {
  const [, height, width, channels] = ops.shapeOf(aligned) as [number, number, number, number];
  const tokens = ops.reshape(aligned, [-1, height * width, channels]); // [B,L,C]
  const embedded = linear(ops, w.in('input_proj'), jitter(ops, tokens, config.jitter)); // [B,L,E]
  const restored = linear(ops, w.in('output_proj'), transform(ops, w, embedded, config)); // [B,L,C]
  return ops.reshape(restored, [-1, height, width, channels]);
}

/** Gaussian noise whose size follows each token's norm: `x + n·strength·‖x‖/C`; nothing in evaluation. */
function jitter<T>(ops: Ops<T>, tokens: T, strength: number): T {
  if (strength === 0) return tokens;
  const channels = ops.shapeOf(tokens)[2]!;
  const norm = ops.sqrt(ops.sum(ops.square(tokens), [2], true)); // [B,L,1]
  const noise = ops.addNoise(ops.scale(tokens, 0), [strength / channels]);
  return ops.add(tokens, ops.mul(noise, norm));
}
