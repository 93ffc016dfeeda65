import { batchNormSpecs, conv, convSpecs, scoped } from '../../nn/layers.js';
import type { Weights } from '../../nn/parameter.js';
import type { Ops } from '../../ops/ops.js';
import { type EncoderNetwork, imagenetPixels, torchNames } from './encoder-network.js';

interface Config {
  name: string;
  /** Two 3×3 convolutions, or 1×1, 3×3 and 1×1 with four times the planes coming out. */
  block: 'basic' | 'bottleneck';
  depths: readonly number[];
  /** Width of a bottleneck's middle, in planes. */
  widen: number;
}

interface ConvLayer {
  conv: string;
  norm: string;
  inner: number;
  outer: number;
  size: number;
}

const planes = [64, 128, 256];

/**
 * Stages 1–3 of a ResNet (He et al. 2016) under torchvision's and timm's names: maps at strides 4, 8 and 16, behind
 * the last ReLU of each stage (docs/algorithms.md 1.2).
 */
function residualNetwork(config: Config): EncoderNetwork {
  const layers = [...layersOf(config)];
  return {
    name: config.name,
    inputSize: [256, 256],
    preprocessing: 'imagenet-mean-std',
    channels: planes.map((width) => width * expansion(config)),
    strides: [4, 8, 16],
    names: torchNames,
    parameters: layers.flatMap(({ conv, norm, ...shape }) => [
      ...scoped(conv, convSpecs(shape)),
      ...scoped(norm, batchNormSpecs(shape.outer)),
    ]),
    convolutions: layers.map(({ conv, norm }) => ({ conv, norm, eps: 1e-5 })),
    preprocess: imagenetPixels,
    features: (ops, w, x) => features(ops, w, x, config),
  };
}

/** The encoder of MambaAD and Pyramid-Mamba. */
export const resnet34 = residualNetwork({ name: 'resnet34', block: 'basic', depths: [3, 4, 6], widen: 1 });

/** The encoder of RD4AD. */
export const wideResnet50 = residualNetwork({
  name: 'wide_resnet50_2',
  block: 'bottleneck',
  depths: [3, 4, 6],
  widen: 2,
});

function expansion({ block }: Config): number {
  return block === 'basic' ? 1 : 4;
}

function* layersOf(config: Config): Generator<ConvLayer> {
  yield { conv: 'conv1', norm: 'bn1', inner: 3, outer: 64, size: 7 };
  let inner = 64;
  for (const [stage, depth] of config.depths.entries()) {
    const width = planes[stage]!;
    const outer = width * expansion(config);
    for (let b = 0; b < depth; b++) {
      const block = `layer${stage + 1}.${b}`;
      for (const [i, [from, to, size]] of blockShapes(config, inner, width).entries()) {
        yield { conv: `${block}.conv${i + 1}`, norm: `${block}.bn${i + 1}`, inner: from, outer: to, size };
      }
      if (b === 0 && (inner !== outer || stage > 0)) {
        yield { conv: `${block}.downsample.0`, norm: `${block}.downsample.1`, inner, outer, size: 1 };
      }
      inner = outer;
    }
  }
}

function blockShapes(config: Config, inner: number, width: number): [number, number, number][] {
  const middle = width * config.widen;
  return config.block === 'basic'
    ? [
        [inner, width, 3],
        [width, width, 3],
      ]
    : [
        [inner, middle, 1],
        [middle, middle, 3],
        [middle, width * 4, 1],
      ];
}

function features<T>(ops: Ops<T>, w: Weights<T>, x: T, config: Config): T[] {
  const stem = ops.relu(conv(ops, w.in('conv1'), x, { stride: 2, pad: 3 })); // [B,H/2,W/2,64]
  let y = ops.maxPool(stem, { size: 3, stride: 2, pad: 1 }); // [B,H/4,W/4,64]
  return config.depths.map((depth, stage) => {
    for (let b = 0; b < depth; b++) {
      const stride = b === 0 && stage > 0 ? 2 : 1;
      y = block(ops, w.in(`layer${stage + 1}.${b}`), y, stride, config);
    }
    return y;
  });
}

function block<T>(ops: Ops<T>, w: Weights<T>, x: T, stride: number, config: Config): T {
  return ops.scope(() => {
    const shortcut = w.has('downsample.0.weight') ? conv(ops, w.in('downsample.0'), x, { stride }) : x;
    const residual = config.block === 'basic' ? basic(ops, w, x, stride) : bottleneck(ops, w, x, stride);
    return ops.relu(ops.add(residual, shortcut));
  });
}

function basic<T>(ops: Ops<T>, w: Weights<T>, x: T, stride: number): T {
  const y = ops.relu(conv(ops, w.in('conv1'), x, { stride, pad: 1 }));
  return conv(ops, w.in('conv2'), y, { pad: 1 });
}

/** The stride lies in the 3×3 convolution, unlike Keras'. */
function bottleneck<T>(ops: Ops<T>, w: Weights<T>, x: T, stride: number): T {
  const narrow = ops.relu(conv(ops, w.in('conv1'), x));
  const middle = ops.relu(conv(ops, w.in('conv2'), narrow, { stride, pad: 1 }));
  return conv(ops, w.in('conv3'), middle);
}
