import { anomalyMap, imageScore } from '../../anomaly/anomaly-map.js';
import { ConfigError } from '../../errors.js';
import { scoped } from '../../nn/layers.js';
import type { Ops } from '../../ops/ops.js';
import { orientations } from '../../scan/directions.js';
import type { DetectorFamily, Reconstruction } from '../family.js';
import { ablations } from './ablations.js';
import { bottleneckSpecs, fuse } from './bottleneck.js';
import { type MambaConfig, paperConfig, smallConfig } from './config.js';
import { decode, decoderSpecs } from './decoder.js';

/** MambaAD (NeurIPS 2024): reverse distillation with a state-space decoder (docs/algorithms.md 1). */
export const mambaad: DetectorFamily<MambaConfig> = {
  name: 'mambaad',
  encoder: 'resnet34',
  presets: { paper: paperConfig, small: smallConfig, ...ablations },
  training: {
    optimiser: { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 1e-4 },
    learningRate: 0.005,
    batch: 16,
    epochs: 500,
    clipNorm: 5,
  },
  teacherChannels: (config) => config.dims.slice(1).reverse(),
  accept({ global, kernels, orientation, dims, depths, dropPath, pyramid }) {
    if (pyramid && ![1, 2, 3].includes(pyramid.levels))
      throw new ConfigError(`pyramid.levels=${pyramid.levels}: a pyramid scan has 1, 2 or 3`);
    if (depths.length !== dims.length) {
      throw new ConfigError(
        `depths=${JSON.stringify(depths)}: ${depths.length} stages, dims=${JSON.stringify(dims)} has ${dims.length}`,
      );
    }
    if (!depths.every((depth) => Number.isInteger(depth) && depth >= 1))
      throw new ConfigError(`depths=${JSON.stringify(depths)}: expected whole numbers from 1`);
    if (dropPath >= 1) throw new ConfigError(`dropPath=${dropPath}: expected a rate below 1`);
    if (!orientations.includes(orientation)) {
      throw new ConfigError(`orientation=${orientation}: choose one of ${orientations.join(', ')}`);
    }
    if (!global && kernels.length === 0) {
      throw new ConfigError('global=false and kernels=[]: an LSS module of this config has no branch at all');
    }
    if (!kernels.every((size) => Number.isInteger(size) && size >= 1 && size % 2 === 1)) {
      throw new ConfigError(`kernels=${JSON.stringify(kernels)}: a local branch has a kernel of odd size`);
    }
  },
  parameters: (config, channels) => [
    ...scoped('mff_oce', bottleneckSpecs(channels, config.dims[0]!)),
    ...scoped('net_s', decoderSpecs(config)),
  ],
  reconstruct(ops, w, features, config) {
    const fused = fuse(ops, w.in('mff_oce'), features);
    const noise = noiseLevels(config);
    const bottleneck = noise.length > 0 ? ops.addNoise(fused, noise) : fused;
    return { targets: features, outputs: decode(ops, w.in('net_s'), bottleneck, config) };
  },
  loss: squaredError,
  anomalyMap: (ops, { targets, outputs }, size) => anomalyMap(ops, targets, outputs, size),
  imageScore,
};

/** `5 · Σ_scales mean (teacher − student)²` (docs/algorithms.md 1.8). */
export function squaredError<T>(ops: Ops<T>, { targets, outputs }: Reconstruction<T>): T {
  const scales = targets.map((target, i) => {
    const error = ops.square(ops.sub(target, outputs[i]!));
    return ops.mean(error, [0, 1, 2, 3]);
  });
  return ops.scale(
    scales.reduce((sum, scale) => ops.add(sum, scale)),
    5,
  );
}

/** Standard deviations of the synthetic feature anomalies (docs/algorithms.md 2.2); none in MambaAD. */
function noiseLevels({ pyramid }: MambaConfig): number[] {
  if (!pyramid || pyramid.noise === 0) return [];
  return Array.from({ length: pyramid.noiseLevels }, (_, level) => pyramid.noise * 1.1 ** level);
}
