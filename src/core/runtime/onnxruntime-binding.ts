import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { Tensor } from 'onnxruntime-common';

/** A session as onnxruntime's binding for Node (onnxruntime-node 1.30) has it: all calls work in the caller's thread. */
export interface NativeSession {
  readonly inputMetadata: readonly { readonly name: string }[];
  readonly outputMetadata: readonly { readonly name: string }[];
  loadModel(memory: ArrayBufferLike, offset: number, length: number, options: object): void;
  /** @param outputs null for one that gets fresh memory */
  run(
    inputs: Record<string, Tensor>,
    outputs: Record<string, Tensor | null>,
    options: object,
  ): Record<string, Tensor>;
  dispose(): void;
}

export interface NativeRuntime {
  readonly InferenceSession: new () => NativeSession;
}

interface Binding extends NativeRuntime {
  initOrtOnce(logLevel: number, tensor: typeof Tensor, isMainThread: boolean): void;
}

const onlyWarnings = 2;

/**
 * Loads the binding's file; the library is beside it. The package around it would bring all platforms' libraries and an
 * installer, for a hundred lines that call these.
 *
 * @throws Error of the system's loader
 */
export function loadBinding(file: string): NativeRuntime {
  const binding = createRequire(import.meta.url)(file) as Binding;
  binding.initOrtOnce(onlyWarnings, Tensor, isMainThread);
  return binding;
}
