import type { KernelConfig, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../runtime/tf.js';

/** Kernels registered here replace those that TensorFlow.js brought for the same name and backend. */
export function replaceKernel(config: KernelConfig): void {
  if (tf.getKernel(config.kernelName, config.backendName)) {
    tf.unregisterKernel(config.kernelName, config.backendName);
  }
  tf.registerKernel(config);
}

export type KernelArguments<B> = { inputs: NamedTensorInfoMap; attrs: NamedAttrMap; backend: B };

/** An input that the caller promised; a kernel called without it is a defect of this package. */
export function input(inputs: NamedTensorInfoMap, name: string): TensorInfo {
  const info = inputs[name];
  if (info === undefined) throw new Error(`kernel input "${name}" is missing`);
  return info;
}
