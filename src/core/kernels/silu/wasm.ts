import { sizeOf } from '../../tensor.js';
import { input, replaceKernel } from '../register.js';
import { kernelsOn, newTensor, pointer, type WasmBackend } from '../wasm-heap.js';

/** What wasm.as.ts exports; every number but the last is a pointer. */
interface SiluKernels {
  silu(x: number, y: number, size: number): void;
  siluGradient(x: number, dy: number, dx: number, size: number): void;
  gate(x: number, z: number, y: number, size: number): void;
  gateGradient(x: number, z: number, dy: number, dx: number, dz: number, size: number): void;
}

/** Registers SiLU, its gate and their gradients for tfjs-backend-wasm. */
export function registerWasmSilu(): void {
  elementWise('Silu', ['x'], 1, (kernels, size, [x, y]) => kernels.silu(x!, y!, size));
  elementWise('SiluGrad', ['x', 'dy'], 1, (kernels, size, [x, dy, dx]) =>
    kernels.siluGradient(x!, dy!, dx!, size),
  );
  elementWise('SiluGate', ['x', 'z'], 1, (kernels, size, [x, z, y]) => kernels.gate(x!, z!, y!, size));
  elementWise('SiluGateGrad', ['x', 'z', 'dy'], 2, (kernels, size, [x, z, dy, dx, dz]) =>
    kernels.gateGradient(x!, z!, dy!, dx!, dz!, size),
  );
}

/** Registers a kernel whose inputs and outputs all have the shape of its first input. */
function elementWise(
  kernelName: string,
  inputNames: readonly string[],
  outputs: number,
  run: (kernels: SiluKernels, size: number, pointers: number[]) => void,
): void {
  replaceKernel({
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend }) => {
      const wasm = backend as unknown as WasmBackend;
      const given = inputNames.map((name) => input(inputs, name));
      const { shape } = given[0]!;
      const made = Array.from({ length: outputs }, () => newTensor(wasm, shape));
      const pointers = [...given, ...made].map((tensor) => pointer(wasm, tensor));
      run(kernelsOn<SiluKernels>(wasm, 'silu'), sizeOf(shape), pointers);
      return outputs === 1 ? made[0]! : made;
    },
  });
}
