import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import {
  efficientNetB4,
  efficientNetSpecs,
  stages,
} from '../../../../src/core/models/encoders/efficientnet-b4.js';
import { encoderConstants, freezeEncoder } from '../../../../src/core/models/encoders/frozen-encoder.js';
import { engineShape, toEngine } from '../../../../src/core/nn/layout.js';
import { NamedWeights } from '../../../../src/core/nn/named-weights.js';
import type { Weights } from '../../../../src/core/nn/parameter.js';
import { tf } from '../../../../src/core/runtime/tf.js';
import { type HostTensor, sizeOf } from '../../../../src/core/tensor.js';
import { gaussian, type Network, runOnnx, runTf } from '../../ops/onnx-runner.js';
import { formulaWeights, nmse } from './golden-weights.js';

test('EfficientNet-B4 has the parameters of the publication, head aside', () => {
  const trained = efficientNetSpecs(stages).filter(({ trainable }) => trainable);
  // 19,341,616 in all; the head is a 1×1 convolution to 1792 channels, its normalisation and the classifier.
  const head = 448 * 1792 + 2 * 1792 + 1792 * 1000 + 1000;
  expect(trained.reduce((sum, { shape }) => sum + sizeOf(shape), 0)).toBe(19_341_616 - head);
});

test("the folded network with symmetric padding is TensorFlow's with its own", async () => {
  const weights = formulaWeights(efficientNetB4);
  const encoder = freezeEncoder(efficientNetB4, weights, { channels: null, seed: 0 }, 'formula');
  const input = gaussian([1, 64, 64, 3], 4);
  const network: Network = (ops, [x]) =>
    efficientNetB4.features(ops, new NamedWeights(encoderConstants(ops, encoder)), x!);
  const [onnx, eager] = [await runOnnx(network, [input]), await runTf(network, [input])];
  expect(onnx.map(({ shape }) => shape)).toEqual([
    [1, 32, 32, 24],
    [1, 16, 16, 32],
    [1, 8, 8, 56],
    [1, 4, 4, 160],
  ]);
  const plain = plainFeatures(input, weights);
  onnx.forEach(({ data }, i) => {
    expect(nmse(data, eager[i]!.data)).toBeLessThan(1e-10);
    expect(nmse(data, plain[i]!)).toBeLessThan(1e-9);
  });
});

/** The network as the publication's own code has it: SAME padding, normalisations apart. */
function plainFeatures(input: HostTensor, weights: Map<string, HostTensor>): Float32Array[] {
  return tf.tidy(() => {
    const tensors = new Map<string, Tensor>(
      efficientNetB4.parameters.map((spec) => [
        spec.name,
        tf.tensor(toEngine(spec, weights.get(spec.name)!.data), engineShape(spec)),
      ]),
    );
    const w = new NamedWeights(tensors);
    let x = tf.tensor(input.data, [...input.shape]) as Tensor;
    x = swish(norm(w.in('bn1'), same(x, w.get('conv_stem.weight'), 2)));
    const maps: Tensor[] = [];
    for (const [s, { depth, stride }] of stages.slice(0, 5).entries()) {
      for (let b = 0; b < depth; b++) x = plainBlock(w.in(`blocks.${s}.${b}`), x, b === 0 ? stride : 1);
      maps.push(x);
    }
    return [0, 1, 2, 4].map((s) => maps[s]!.dataSync<'float32'>());
  });
}

function plainBlock(w: Weights<Tensor>, x: Tensor, stride: number): Tensor {
  const names = w.has('conv_pwl.weight') ? ['bn2', 'conv_pwl', 'bn3'] : ['bn1', 'conv_pw', 'bn2'];
  let y = w.has('conv_pwl.weight') ? swish(norm(w.in('bn1'), same(x, w.get('conv_pw.weight'), 1))) : x;
  y = tf.depthwiseConv2d(y as Tensor4D, w.get('conv_dw.weight') as Tensor4D, stride, 'same');
  y = swish(norm(w.in(names[0]!), y));
  const mean = tf.mean(y, [1, 2], true);
  const squeezed = swish(tf.add(same(mean, w.get('se.conv_reduce.weight'), 1), w.get('se.conv_reduce.bias')));
  const gate = tf.add(same(squeezed, w.get('se.conv_expand.weight'), 1), w.get('se.conv_expand.bias'));
  y = norm(w.in(names[2]!), same(tf.mul(y, tf.sigmoid(gate)), w.get(`${names[1]}.weight`), 1));
  return x.shape.join() === y.shape.join() ? tf.add(x, y) : y;
}

function same(x: Tensor, kernel: Tensor, stride: number): Tensor {
  return tf.conv2d(x as Tensor4D, kernel as Tensor4D, stride, 'same');
}

function norm(w: Weights<Tensor>, x: Tensor): Tensor {
  const [mean, variance, beta, gamma] = ['running_mean', 'running_var', 'bias', 'weight'].map((n) =>
    w.get(n),
  );
  return tf.batchNorm(
    x as Tensor4D,
    mean as Tensor4D,
    variance as Tensor4D,
    beta as Tensor4D,
    gamma as Tensor4D,
    1e-3,
  );
}

function swish(x: Tensor): Tensor {
  return tf.mul(x, tf.sigmoid(x));
}
