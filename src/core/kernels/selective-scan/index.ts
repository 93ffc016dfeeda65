import type { EngineName } from '../engine-name.js';
import { registerReferenceScan } from './host.js';
import { registerTensorflowScan } from './tensorflow.js';
import { registerWasmScan } from './wasm.js';
import { registerWebgpuScan } from './webgpu.js';

/** The engines that have a scan, and where each comes from: the only list. */
const registrations: Record<EngineName, () => void> = {
  cpu: () => registerReferenceScan('cpu'),
  wasm: registerWasmScan,
  webgpu: () => registerWebgpuScan(),
  tensorflow: registerTensorflowScan,
};

export function registerSelectiveScan(engine: EngineName): void {
  registrations[engine]();
}
