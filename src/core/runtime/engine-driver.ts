import type { EngineName } from '../kernels/engine-name.js';

export type { EngineName };

export const engineNames: readonly EngineName[] = ['tensorflow', 'webgpu', 'wasm', 'cpu'];

/** What computes: a graphics card, a program that pretends to be one, or the processor itself. */
export type DeviceKind = 'gpu' | 'software' | 'cpu';

export type Facts = Readonly<Record<string, string | number | boolean>>;

/** What looking for an engine turned up, without making it current. */
export type Finding =
  | { readonly found: true; readonly kind: DeviceKind; readonly device: string; readonly facts: Facts }
  | { readonly found: false; readonly reason: string };

/** One engine: how to look for it and how to make it the current TensorFlow.js backend. */
export interface EngineDriver {
  readonly name: EngineName;
  /** Looks for the engine. Never throws, and answers quickly where the engine cannot exist. */
  examine(): Promise<Finding>;
  /** Makes it the current backend of TensorFlow.js; only after `examine` has found it. */
  activate(): Promise<void>;
  /** Gives the device back, so that the process can end. */
  close(): void;
}
