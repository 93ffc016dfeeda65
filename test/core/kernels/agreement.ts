import type { Tensor } from '@tensorflow/tfjs';
import { tf } from '../../../src/core/runtime/tf.js';
import { nmse, noise, useBackend } from './backend.js';

/**
 * Runs an operation on the cpu backend, where it is composed of TensorFlow.js operations, and on wasm, and gives how
 * far output and gradients are apart: the normalised mean squared error of each.
 */
export async function wasmAgainstCpu(
  operation: (...inputs: Tensor[]) => Tensor,
  shapes: readonly number[][],
  scale = 1,
): Promise<number[]> {
  const run = async (backend: 'cpu' | 'wasm') => {
    await useBackend(backend);
    return tf.tidy(() => {
      const inputs = shapes.map((shape, i) =>
        tf.tensor(noise(tf.util.sizeFromShape(shape), i + 1), shape).mul(scale),
      );
      const y = operation(...inputs);
      const dy = tf.tensor(noise(y.size, 99), y.shape);
      const grads = tf.grads((...xs: Tensor[]) => operation(...xs))(inputs, dy);
      return [y, ...grads].map((tensor) => ({ shape: tensor.shape, values: tensor.dataSync().slice() }));
    });
  };
  const [cpu, wasm] = [await run('cpu'), await run('wasm')];
  return wasm.map(({ shape, values }, i) => {
    if (`${shape}` !== `${cpu[i]!.shape}`)
      throw new Error(`shapes differ: [${shape}] and [${cpu[i]!.shape}]`);
    return nmse(values, cpu[i]!.values);
  });
}

/** Tensors that stay behind when an operation's output is disposed of, outside any `tidy`, on wasm. */
export async function leftBehind(
  operation: (...inputs: Tensor[]) => Tensor,
  shapes: readonly number[][],
): Promise<number> {
  await useBackend('wasm');
  const inputs = shapes.map((shape) => tf.ones(shape));
  const before = tf.memory().numTensors;
  operation(...inputs).dispose();
  return tf.memory().numTensors - before;
}
