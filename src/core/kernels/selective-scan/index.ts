import type { EngineName } from '../engine-name.js';
import { registerReferenceScan } from './host.js';

/** The engines that have a scan, and where each comes from: the only list. */
const registrations: Record<EngineName, () => void> = {
  cpu: () => registerReferenceScan('cpu'),
  wasm: () => registerReferenceScan('wasm'),
  webgpu: () => {},
  tensorflow: () => registerReferenceScan('tensorflow'),
};

export function registerSelectiveScan(engine: EngineName): void {
  registrations[engine]();
}
