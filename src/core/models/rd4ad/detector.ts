import { anomalyMap, imageScore } from '../../anomaly/anomaly-map.js';
import { ConfigError } from '../../errors.js';
import { scoped } from '../../nn/layers.js';
import type { Ops } from '../../ops/ops.js';
import type { DetectorFamily, Reconstruction } from '../family.js';
import { anyWidthConfig, paperConfig, type Rd4adConfig, smallConfig } from './config.js';
import { bottleneckSpecs, decode, decoderSpecs, embed } from './networks.js';

/**
 * RD4AD (CVPR 2022): reverse distillation with convolutions, as the multi-class benchmark runs it (docs/algorithms.md
 * 3.2).
 */
export const rd4ad: DetectorFamily<Rd4adConfig> = {
  name: 'rd4ad',
  encoder: 'wide_resnet50_2',
  presets: { paper: paperConfig, small: smallConfig, 'any-width': anyWidthConfig },
  training: {
    optimiser: { betas: [0.5, 0.999], eps: 1e-8, weightDecay: 0 },
    learningRate: 0.005,
    batch: 16,
    epochs: 100,
    clipNorm: 5,
  },
  teacherChannels: (config) => config.channels,
  accept({ depths }, shapes) {
    if (depths.length !== 3 || !depths.every((depth) => Number.isInteger(depth) && depth >= 1))
      throw new ConfigError(`depths=${JSON.stringify(depths)}: rd4ad has three stages of one block or more`);
    const halves = shapes.slice(1).every(([h, w], i) => shapes[i]![0] === 2 * h! && shapes[i]![1] === 2 * w!);
    if (shapes.length === 3 && halves && shapes.every((shape) => shape[2]! % 2 === 0)) return;
    throw new ConfigError(
      `rd4ad wants three maps, each half as wide as the one before, not ${shapes.map((shape) => `[${shape}]`).join(' ')}; extract with a ResNet encoder`,
    );
  },
  parameters: (config, channels) => [
    ...scoped('mff_oce', bottleneckSpecs(channels, config)),
    ...scoped('net_s', decoderSpecs(channels, config)),
  ],
  reconstruct(ops, w, features, config) {
    const embedding = embed(ops, w.in('mff_oce'), features, config);
    return { targets: features, outputs: decode(ops, w.in('net_s'), embedding, config) };
  },
  loss: angleOfMaps,
  anomalyMap: (ops, { targets, outputs }, size) => anomalyMap(ops, targets, outputs, size),
  imageScore,
};

/** `Σ_scales mean_images (1 − cos)`, each map of an image taken as one vector (docs/algorithms.md 3.2). */
export function angleOfMaps<T>(ops: Ops<T>, { targets, outputs }: Reconstruction<T>): T {
  const scales = targets.map((target, i) => {
    const output = outputs[i]!;
    const product = ops.sum(ops.mul(target, output), [1, 2, 3]); // [B]
    const norms = ops.mul(norm(ops, target), norm(ops, output));
    return ops.shift(ops.scale(ops.mean(ops.div(product, norms), [0]), -1), 1);
  });
  return scales.reduce((sum, scale) => ops.add(sum, scale));
}

/** Euclidean norm of each image's map, at least PyTorch's 1e-8. */
function norm<T>(ops: Ops<T>, x: T): T {
  return ops.maximum(ops.sqrt(ops.sum(ops.square(x), [1, 2, 3])), 1e-8);
}
