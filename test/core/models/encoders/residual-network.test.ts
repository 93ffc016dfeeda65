import { expect, test } from 'vitest';
import { readSafetensors, toFloat32 } from '../../../../src/core/files/safetensors.js';
import { encoderConstants, freezeEncoder } from '../../../../src/core/models/encoders/frozen-encoder.js';
import { resnet34, wideResnet50 } from '../../../../src/core/models/encoders/residual-network.js';
import { permute } from '../../../../src/core/nn/layout.js';
import { NamedWeights } from '../../../../src/core/nn/named-weights.js';
import { sizeOf } from '../../../../src/core/tensor.js';
import { fixturePath } from '../../../fixtures.js';
import { type Network, runOnnx, runTf } from '../../ops/onnx-runner.js';
import { formulaWeights, nmse } from './golden-weights.js';

const engines = [
  ['onnxruntime', runOnnx],
  ['tfjs', runTf],
] as const;

test.each(engines)('ResNet-34 on %s gives the reference maps', async (_, run) => {
  const { tensors } = await readSafetensors(fixturePath('encoder-resnet34.safetensors'));
  const encoder = freezeEncoder(resnet34, formulaWeights(resnet34), { channels: null, seed: 0 }, 'formula');
  const network: Network = (ops, [x]) =>
    resnet34.features(ops, new NamedWeights(encoderConstants(ops, encoder)), x!);
  const input = tensors.get('input')!;
  const maps = await run(network, [
    { shape: [1, 64, 64, 3], data: permute(toFloat32(input), input.shape, [0, 2, 3, 1]) },
  ]);
  maps.forEach(({ shape, data }, i) => {
    const truth = tensors.get(`layer${i + 1}`)!;
    expect(shape).toEqual([0, 2, 3, 1].map((axis) => truth.shape[axis]));
    expect(nmse(permute(data, shape, [0, 3, 1, 2]), toFloat32(truth))).toBeLessThan(1e-11);
  });
});

test('ResNet-34 up to its third stage has the parameters that the papers count', () => {
  const trained = resnet34.parameters.filter(({ trainable }) => trainable);
  expect(trained.reduce((sum, { shape }) => sum + sizeOf(shape), 0)).toBe(8_170_304);
});

test('Wide ResNet-50 has the names and shapes of the torchvision checkpoint', () => {
  const shapes = new Map(wideResnet50.parameters.map(({ name, shape }) => [name, shape]));
  expect(shapes.get('layer1.0.conv2.weight')).toEqual([128, 128, 3, 3]);
  expect(shapes.get('layer3.0.downsample.0.weight')).toEqual([1024, 512, 1, 1]);
  expect(shapes.get('layer3.5.bn3.running_var')).toEqual([1024]);
  expect(wideResnet50.channels).toEqual([256, 512, 1024]);
});
