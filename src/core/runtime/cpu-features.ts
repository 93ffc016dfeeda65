import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { hasRelaxedSimd } from '../kernels/wasm-module.js';

/** `(module (func (result v128) (i8x16.splat (i32.const 0))))`: validates only where SIMD is known. */
const simdProbe = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11],
);

export interface CpuFeatures {
  readonly model: string;
  /** Cores this process may use. */
  readonly cores: number;
  /** Of those that matter here: avx2, fma, avx512f, asimd. Empty where the system does not say. */
  readonly instructions: readonly string[];
  readonly wasmSimd: boolean;
  /** Whether the kernels use it: fused multiply-add. */
  readonly wasmRelaxedSimd: boolean;
}

/** What the processor and Node's WebAssembly offer. */
export function cpuFeatures(): CpuFeatures {
  return {
    model: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    instructions: instructionSets(),
    wasmSimd: WebAssembly.validate(simdProbe),
    wasmRelaxedSimd: hasRelaxedSimd(),
  };
}

function instructionSets(): string[] {
  try {
    const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
    const present = new Set(flags.trim().split(/\s+/));
    return ['avx2', 'fma', 'avx512f', 'asimd'].filter((name) => present.has(name));
  } catch {
    return []; // only Linux has the file
  }
}
