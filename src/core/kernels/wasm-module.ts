import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { UnavailableError } from '../errors.js';

/** Rooms that have a `wasm.as.ts`. */
export type KernelRoom =
  | 'selective-scan'
  | 'matmul'
  | 'depthwise'
  | 'convolution'
  | 'channel-norm'
  | 'layer-norm'
  | 'silu'
  | 'reduce'
  | 'tensor-copies';

// A module whose one function uses f32x4.relaxed_madd; it validates only where relaxed SIMD is there.
const relaxedProbe = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0],
  ...[65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11],
);

/**
 * Whether this runtime has relaxed SIMD, and with it fused multiply-add: Node 22 has it, and Node 20 behind a flag that
 * can still be set now. MAMBAAD_RELAXED_SIMD=0 leaves it off.
 */
export function hasRelaxedSimd(): boolean {
  if (process.env.MAMBAAD_RELAXED_SIMD === '0') return false;
  if (WebAssembly.validate(relaxedProbe)) return true;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  return WebAssembly.validate(relaxedProbe);
}

export interface Variant {
  /** With fused multiply-add; default: where the runtime has it. */
  relaxed?: boolean;
  /** For a memory that threads share; built for the scan only. */
  shared?: boolean;
}

const modules = new Map<string, WebAssembly.Module>();

/**
 * The compiled kernels of one room, the fastest variant that this runtime takes.
 *
 * @throws UnavailableError when the package was not built
 */
export function kernelModule(room: KernelRoom, variant: Variant = {}): WebAssembly.Module {
  const { relaxed = hasRelaxedSimd(), shared = false } = variant;
  const name = `${room}/wasm${shared ? '.shared' : ''}${relaxed ? '.relaxed' : ''}.wasm`;
  let module = modules.get(name);
  if (!module) {
    module = new WebAssembly.Module(readKernel(name));
    modules.set(name, module);
  }
  return module;
}

/** Compiled kernels lie in dist, beside this file once it is compiled; tests run the sources. */
function readKernel(name: string): Uint8Array<ArrayBuffer> {
  const beside = fileURLToPath(new URL(name, import.meta.url));
  const path = beside.replace(/([\\/])src([\\/]core[\\/]kernels[\\/])/, '$1dist$2');
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new UnavailableError(
      `${path}: the compiled kernels are missing; run "node scripts/build-wasm.mjs".`,
      {
        cause,
      },
    );
  }
}
