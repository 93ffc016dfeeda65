import { ConfigError } from '../../errors.js';
import { scoped } from '../../nn/layers.js';
import type { Ops } from '../../ops/ops.js';
import type { DetectorFamily, Reconstruction } from '../family.js';
import { paperConfig, smallConfig, type UniadConfig } from './config.js';
import { align, reconstructAligned, reconstructionSpecs } from './reconstruction.js';

/** UniAD (NeurIPS 2022): a transformer that must reconstruct every place from far-off ones (docs/algorithms.md 4). */
export const uniad: DetectorFamily<UniadConfig> = {
  name: 'uniad',
  encoder: 'tf_efficientnet_b4',
  presets: { paper: paperConfig, small: smallConfig, 'window-7': { ...paperConfig, neighbourWindow: 7 } },
  training: {
    optimiser: { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 1e-4 },
    learningRate: 1e-4,
    batch: 8,
    epochs: 100,
    clipNorm: 5,
  },
  teacherChannels: () => null,
  accept({ side, hidden, heads, dropout }, shapes) {
    if (hidden % heads !== 0)
      throw new ConfigError(`heads=${heads}: the width hidden=${hidden} cannot be shared among so many`);
    if (dropout >= 1) throw new ConfigError(`dropout=${dropout}: expected a rate below 1`);
    const [height, width] = shapes.at(-1)! as [number, number, number];
    if (height === side && width === side) return;
    const advice =
      height === width ? `give --config side=${height}` : 'extract at an input size that is square';
    throw new ConfigError(
      `this uniad config has ${side}×${side} tokens, the coarsest map of the features is ${height}×${width}: ${advice}`,
    );
  },
  parameters: (config, channels) =>
    scoped(
      'net_ad',
      reconstructionSpecs(
        channels.reduce((sum, count) => sum + count),
        config,
      ),
    ),
  reconstruct(ops, w, features, config) {
    const aligned = align(ops, features);
    return { targets: [aligned], outputs: [reconstructAligned(ops, w.in('net_ad'), aligned, config)] };
  },
  loss: meanSquaredError,
  anomalyMap: errorMap,
  imageScore: largestMean,
};

/** Mean over everything of (target − output)². */
export function meanSquaredError<T>(ops: Ops<T>, { targets, outputs }: Reconstruction<T>): T {
  return ops.mean(ops.square(ops.sub(targets[0]!, outputs[0]!)), [0, 1, 2, 3]);
}

/** Length of the error vector at every place, enlarged with aligned corners: `[B,size,size]`. */
export function errorMap<T>(ops: Ops<T>, { targets, outputs }: Reconstruction<T>, size: number): T {
  const error = ops.sqrt(ops.sum(ops.square(ops.sub(targets[0]!, outputs[0]!)), [3], true)); // [B,S,S,1]
  return ops.reshape(ops.resizeBilinear(error, [size, size]), [-1, size, size]);
}

const window = 16;

/** Largest mean of the map over 16×16 pixels: `[B,size,size]` → `[B]`. Averaging is a product with a matrix each way. */
export function largestMean<T>(ops: Ops<T>, map: T): T {
  const size = ops.shapeOf(map)[2]!;
  const places = Math.max(1, size - window + 1);
  const wide = Math.min(window, size);
  const averages = Float32Array.from({ length: places * size }, (_, i) => {
    const offset = (i % size) - Math.floor(i / size);
    return offset >= 0 && offset < wide ? 1 / wide : 0;
  });
  const matrix = ops.constant(averages, [1, places, size]);
  return ops.max(ops.matMul(ops.matMul(matrix, map), matrix, false, true), [1, 2]);
}
