import { expect, test } from 'vitest';
import { graphModelFiles } from '../../../src/core/export/tfjs/graph-model-files.js';
import { openGraphModelFiles } from '../../../src/core/export/tfjs/open-graph-model.js';
import { GraphModelOps } from '../../../src/core/ops/graph-model/graph-model-ops.js';
import { tf } from '../../../src/core/runtime/tf.js';
import type { HostTensor } from '../../../src/core/tensor.js';
import { networkCases } from './network-cases.js';
import { expectSame, gaussian, type Network, runTf } from './onnx-runner.js';

/** Writes the network as a graph model (batch side open) and runs it as TensorFlow.js loads it. */
async function runGraphModel(network: Network, inputs: readonly HostTensor[]): Promise<HostTensor[]> {
  const ops = new GraphModelOps();
  const values = inputs.map(({ shape }, i) => ops.input(`x${i}`, [-1, ...shape.slice(1)]));
  const outputs = network(ops, values);
  outputs.forEach((y, i) => {
    ops.output(`y${i}`, y);
  });
  const model = await openGraphModelFiles(graphModelFiles(ops.graph, {}));
  const results = tf.tidy(() => {
    const fed = inputs.map(({ shape, data }, i) => [`x${i}`, tf.tensor(data, [...shape], 'float32')]);
    const names = outputs.map((_, i) => `y${i}`);
    return [model.execute(Object.fromEntries(fed), names)].flat().map((y) => ({
      shape: y.shape,
      data: y.dataSync() as Float32Array,
    }));
  });
  model.dispose();
  return results;
}

test.each(networkCases)(
  'the graph model of %s computes what the network computes',
  async (_, shapes, network) => {
    const inputs = shapes.map((shape, i) => gaussian(shape, i + 100));
    const eager = await runTf(network, inputs);
    expectSame(await runGraphModel(network, inputs), eager);
    expect.hasAssertions();
  },
);

test('a graph model leaves no tensors behind', async () => {
  const [, shapes, network] = networkCases.at(-2)!;
  const inputs = shapes.map((shape, i) => gaussian(shape, i));
  await runGraphModel(network, inputs);
  const before = tf.memory().numTensors;
  await runGraphModel(network, inputs);
  expect(tf.memory().numTensors).toBe(before);
});
