import type { Tensor } from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { encodeModel } from '../../../src/core/export/onnx/messages.js';
import { registerKernels } from '../../../src/core/kernels/index.js';
import { createRandom } from '../../../src/core/nn/random.js';
import { OnnxOps } from '../../../src/core/ops/onnx/onnx-ops.js';
import type { Ops } from '../../../src/core/ops/ops.js';
import { TfOps } from '../../../src/core/ops/tf-ops.js';
import { openSession } from '../../../src/core/runtime/onnxruntime.js';
import { tf } from '../../../src/core/runtime/tf.js';
import { type HostTensor, sizeOf } from '../../../src/core/tensor.js';

/** A small network, written once. */
export type Network = <T>(ops: Ops<T>, inputs: T[]) => T[];

/** Standard normal numbers, the same on every call with the same seed. */
export function gaussian(shape: readonly number[], seed: number): HostTensor {
  const random = createRandom(seed);
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()) };
}

/** Writes the network as ONNX (batch side open) and runs it in onnxruntime. */
export async function runOnnx(network: Network, inputs: readonly HostTensor[]): Promise<HostTensor[]> {
  const ops = new OnnxOps();
  const values = inputs.map(({ shape }, i) => ops.input(`x${i}`, [-1, ...shape.slice(1)]));
  network(ops, values).forEach((y, i) => {
    ops.output(`y${i}`, y);
  });
  const session = await openSession(encodeModel(ops.graph.model('test')), { threads: 1 });
  const outputs = await session.run(Object.fromEntries(inputs.map((x, i) => [`x${i}`, x])));
  await session.dispose();
  return session.outputNames.map((name) => outputs[name] as HostTensor);
}

/** Runs the network eagerly on the cpu backend of TensorFlow.js. */
export async function runTf(network: Network, inputs: readonly HostTensor[]): Promise<HostTensor[]> {
  await tf.setBackend('cpu');
  registerKernels('cpu');
  return tf.tidy(() =>
    network<Tensor>(
      new TfOps(),
      inputs.map(({ shape, data }) => tf.tensor(data, [...shape], 'float32')),
    ).map((y) => ({ shape: y.shape, data: y.dataSync() as Float32Array })),
  );
}

/** Shapes equal, numbers too but for rounding. */
export function expectSame(found: readonly HostTensor[], wanted: readonly HostTensor[]): void {
  expect(found.map((y) => y.shape)).toEqual(wanted.map((y) => y.shape));
  found.forEach(({ data }, i) => {
    const { data: truth } = wanted[i]!;
    const worst = data.reduce((max, v, j) => Math.max(max, Math.abs(v - truth[j]!)), 0);
    const largest = truth.reduce((max, v) => Math.max(max, Math.abs(v)), 1);
    expect(worst).toBeLessThan(1e-5 * largest);
  });
}
