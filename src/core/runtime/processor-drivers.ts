import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cpuFeatures } from './cpu-features.js';
import { makeCurrent } from './current-backend.js';
import type { EngineDriver } from './engine-driver.js';
import { tf } from './tf.js';

const require = createRequire(import.meta.url);

/** WebAssembly on the processor: always there, SIMD where Node has it. */
export const wasmDriver: EngineDriver = {
  name: 'wasm',
  async examine() {
    const features = cpuFeatures();
    return {
      found: true,
      kind: 'cpu',
      device: features.model,
      facts: { cores: features.cores, simd: features.wasmSimd, relaxedSimd: features.wasmRelaxedSimd },
    };
  },
  async activate() {
    const backend =
      require('@tensorflow/tfjs-backend-wasm') as typeof import('@tensorflow/tfjs-backend-wasm');
    if (!tf.engine().registry.wasm) {
      backend.setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')), '/'));
    }
    await withoutCrashHandlers(() => makeCurrent('wasm'));
  },
  close() {},
};

/**
 * Emscripten's loader answers every uncaught error of the process by throwing it again, which ends the program with a
 * page of its source and exit code 7. Who handles errors is the program's own business.
 */
async function withoutCrashHandlers(load: () => Promise<void>): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = new Set(events.flatMap((event) => process.listeners(event as 'uncaughtException')));
  await load();
  for (const event of events) {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!before.has(listener)) process.off(event, listener);
    }
  }
}

/** Plain JavaScript: slow, and there wherever Node is. */
export const cpuDriver: EngineDriver = {
  name: 'cpu',
  async examine() {
    return { found: true, kind: 'cpu', device: cpuFeatures().model, facts: {} };
  },
  async activate() {
    await makeCurrent('cpu');
  },
  close() {},
};
