import type { GradSaveFunc, Tensor } from '@tensorflow/tfjs';
import { tf } from '../runtime/tf.js';

export interface Differentiable {
  value: Tensor;
  /** What the gradient needs; freed with the tape. */
  saved: Tensor[];
  /** One gradient per input, in their order. */
  gradient: (dy: Tensor, saved: Tensor[]) => Tensor[];
}

/** Runs `forward` as one node of the gradient tape, with the hand-written gradient it returns. */
export function withGradient(
  inputs: readonly Tensor[],
  forward: (inputs: Tensor[]) => Differentiable,
): Tensor {
  const operation = tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as GradSaveFunc;
    const { value, saved, gradient } = forward(args.slice(0, -1) as Tensor[]);
    save(saved);
    return { value, gradFunc: (dy: Tensor, kept: Tensor[]) => gradient(dy, kept) };
  });
  return operation(...inputs);
}

/** Whether an operation called now goes on the gradient tape, so that its kernel should keep what its gradient needs. */
export function isRecording(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}

/** Whether the current backend has a kernel of this name, and the fused path can be taken. */
export function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) !== undefined;
}
