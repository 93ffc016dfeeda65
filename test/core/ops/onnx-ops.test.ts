import { expect, test } from 'vitest';
import { networkCases } from './network-cases.js';
import { expectSame, gaussian, runOnnx, runTf } from './onnx-runner.js';

test.each(networkCases)(
  'the ONNX graph of %s computes what TensorFlow.js computes',
  async (_, shapes, network) => {
    const inputs = shapes.map((shape, i) => gaussian(shape, i + 100));
    expectSame(await runOnnx(network, inputs), await runTf(network, inputs));
    expect.hasAssertions();
  },
);
