import { makeCurrent } from './current-backend.js';
import type { EngineDriver, Finding } from './engine-driver.js';
import { findBinding, loadBinding } from './tensorflow-binding.js';
import { tf } from './tf.js';

/** What tfjs-node's backend knows about itself. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
}

let finding: Finding | undefined;

/** libtensorflow under tfjs-node: CUDA where the library was built for it, else the processor. */
export const tensorflowDriver: EngineDriver = {
  name: 'tensorflow',
  async examine() {
    finding ??= look();
    return finding;
  },
  async activate() {
    await makeCurrent('tensorflow');
  },
  close() {},
};

/** Loading is the only way to learn whether CUDA works. */
function look(): Finding {
  const binding = findBinding();
  if (typeof binding === 'string') return { found: false, reason: binding };
  try {
    loadBinding(binding);
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { found: false, reason: `${binding.folder} does not load: ${line}` };
  }
  const backend = tf.findBackend('tensorflow') as unknown as NodeBackend;
  return {
    found: true,
    kind: backend.isUsingGpuDevice ? 'gpu' : 'cpu',
    device: backend.isUsingGpuDevice ? 'CUDA' : 'libtensorflow on the processor',
    facts: { package: binding.folder, version: binding.version },
  };
}
