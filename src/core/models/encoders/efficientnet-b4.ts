import { uniform, zeros } from '../../nn/initialisers.js';
import { batchNormSpecs, conv, convSpecs, depthwiseSpecs, scoped } from '../../nn/layers.js';
import type { ParameterSpec, Weights } from '../../nn/parameter.js';
import type { Ops } from '../../ops/ops.js';
import { type EncoderNetwork, imagenetPixels, type NormalisedConv, torchNames } from './encoder-network.js';

interface Stage {
  depth: number;
  outer: number;
  /** Side of the depth-wise kernel. */
  size: number;
  stride: number;
}

/** EfficientNet-B4: widths × 1.4, depths × 1.8 of B0 (Tan and Le 2019, Table 1). */
export const stages: readonly Stage[] = [
  { depth: 2, outer: 24, size: 3, stride: 1 },
  { depth: 4, outer: 32, size: 3, stride: 2 },
  { depth: 4, outer: 56, size: 5, stride: 2 },
  { depth: 6, outer: 112, size: 3, stride: 2 },
  { depth: 6, outer: 160, size: 5, stride: 1 },
  { depth: 8, outer: 272, size: 5, stride: 2 },
  { depth: 2, outer: 448, size: 3, stride: 1 },
];

const stemChannels = 48;
/** The deepest stage that UniAD reads, and those whose maps it takes. */
const used = stages.slice(0, 5);
const tapped = [0, 1, 2, 4];

interface Block {
  name: string;
  inner: number;
  outer: number;
  /** Channels of the depth-wise convolution. */
  middle: number;
  size: number;
  stride: number;
}

/**
 * The first five stages of EfficientNet-B4 with TensorFlow's weights and padding, under timm's names: maps of 24, 32, 56
 * and 160 channels at strides 2, 4, 8 and 16, UniAD's encoder (docs/algorithms.md 4.1).
 */
export const efficientNetB4: EncoderNetwork = {
  name: 'tf_efficientnet_b4',
  inputSize: [256, 256],
  preprocessing: 'imagenet-mean-std',
  channels: tapped.map((stage) => stages[stage]!.outer),
  strides: [2, 4, 8, 16],
  names: torchNames,
  parameters: efficientNetSpecs(used),
  convolutions: [
    { conv: 'conv_stem', norm: 'bn1', eps: 1e-3, leadingZeros: true },
    ...blocksOf(used).flatMap(normalisedConvs),
  ],
  preprocess: imagenetPixels,
  features,
};

/** Tensors of the stem and of the given stages. */
export function efficientNetSpecs(of: readonly Stage[]): ParameterSpec[] {
  return [
    ...scoped('conv_stem', convSpecs({ inner: 3, outer: stemChannels, size: 3 })),
    ...scoped('bn1', batchNormSpecs(stemChannels)),
    ...blocksOf(of).flatMap((block) => scoped(block.name, blockSpecs(block))),
  ];
}

function blocksOf(of: readonly Stage[]): Block[] {
  let inner = stemChannels;
  return of.flatMap(({ depth, outer, size, stride }, stage) =>
    Array.from({ length: depth }, (_, b) => {
      const expand = stage === 0 ? 1 : 6;
      const name = `blocks.${stage}.${b}`;
      const block = { name, inner, outer, middle: inner * expand, size, stride: b === 0 ? stride : 1 };
      inner = outer;
      return block;
    }),
  );
}

/** The first stage does not expand, and names its convolutions otherwise. */
function convNames({ inner, middle }: Pick<Block, 'inner' | 'middle'>) {
  return inner === middle
    ? { expand: null, depthwise: ['conv_dw', 'bn1'], project: ['conv_pw', 'bn2'] }
    : { expand: ['conv_pw', 'bn1'], depthwise: ['conv_dw', 'bn2'], project: ['conv_pwl', 'bn3'] };
}

function blockSpecs(block: Block): ParameterSpec[] {
  const { inner, outer, middle, size } = block;
  const { expand, depthwise, project } = convNames(block);
  const squeezed = Math.floor(inner / 4);
  const dense = (from: number, to: number) =>
    convSpecs({ inner: from, outer: to, size: 1 }, { bias: zeros, init: uniform(1 / Math.sqrt(from)) });
  return [
    ...(expand
      ? [
          ...scoped(expand[0]!, convSpecs({ inner, outer: middle, size: 1 })),
          ...scoped(expand[1]!, batchNormSpecs(middle)),
        ]
      : []),
    ...scoped(depthwise[0]!, depthwiseSpecs(middle, size)),
    ...scoped(depthwise[1]!, batchNormSpecs(middle)),
    ...scoped('se.conv_reduce', dense(middle, squeezed)),
    ...scoped('se.conv_expand', dense(squeezed, middle)),
    ...scoped(project[0]!, convSpecs({ inner: middle, outer, size: 1 })),
    ...scoped(project[1]!, batchNormSpecs(outer)),
  ];
}

function normalisedConvs(block: Block): NormalisedConv[] {
  const { expand, depthwise, project } = convNames(block);
  return [expand, depthwise, project]
    .filter((names) => names !== null)
    .map(([conv, norm]) => ({
      conv: `${block.name}.${conv}`,
      norm: `${block.name}.${norm}`,
      eps: 1e-3,
      leadingZeros: conv === 'conv_dw' && block.stride === 2,
    }));
}

function features<T>(ops: Ops<T>, w: Weights<T>, x: T): T[] {
  // TensorFlow pads an even map before a strided 3×3 only behind: a kernel with leading zeros and one pixel around.
  let y = ops.silu(conv(ops, w.in('conv_stem'), x, { stride: 2, pad: 1 })); // [B,H/2,W/2,48]
  const maps: T[] = [];
  const blocks = blocksOf(used);
  blocks.forEach((block, i) => {
    y = invertedResidual(ops, w.in(block.name), y, block);
    if (blocks[i + 1]?.name.split('.')[1] !== block.name.split('.')[1]) maps.push(y);
  });
  return tapped.map((stage) => maps[stage]!);
}

function invertedResidual<T>(ops: Ops<T>, w: Weights<T>, x: T, block: Block): T {
  const { expand, depthwise, project } = convNames(block);
  const { stride, size, inner, outer } = block;
  return ops.scope(() => {
    const wide = expand ? ops.silu(conv(ops, w.in(expand[0]!), x)) : x;
    const dw = w.in(depthwise[0]!);
    const pixelwise = ops.depthwise(wide, dw.get('weight'), { stride, pad: size >> 1, bias: dw.get('bias') });
    const excited = squeezeExcite(ops, w.in('se'), ops.silu(pixelwise));
    const y = conv(ops, w.in(project[0]!), excited);
    return stride === 1 && inner === outer ? ops.add(y, x) : y;
  });
}

/** Gates every channel of an image by what its mean tells (Hu et al. 2018). */
function squeezeExcite<T>(ops: Ops<T>, w: Weights<T>, x: T): T {
  const squeezed = ops.silu(conv(ops, w.in('conv_reduce'), ops.mean(x, [1, 2], true)));
  return ops.mul(x, ops.sigmoid(conv(ops, w.in('conv_expand'), squeezed)));
}
