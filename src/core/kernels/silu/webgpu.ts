import { sizeOf } from '../../tensor.js';
import { input, replaceKernel } from '../register.js';
import { dispatch, type GpuBackend } from '../webgpu-dispatch.js';
import { bindings, flatGroups, flatHead } from '../webgpu-shader.js';

/** `sigmoid(x)` and the slope of `x · sigmoid(x)`; beyond 80 the exponential would leave float32. */
export const siluFunctions = `
fn sigmoid(x: f32) -> f32 { return 1.0 / (1.0 + exp(-clamp(x, -80.0, 80.0))); }
fn siluSlope(x: f32) -> f32 { let s = sigmoid(x); return s * (1.0 + x * (1.0 - s)); }`;

/** Registers SiLU, its gate and their gradients for tfjs-backend-webgpu: one dispatch each. */
export function registerWebgpuSilu(): void {
  elementWise('Silu', ['x'], { y: 'x[i] * sigmoid(x[i])' });
  elementWise('SiluGrad', ['x', 'dy'], { dx: 'dy[i] * siluSlope(x[i])' });
  elementWise('SiluGate', ['x', 'z'], { y: 'x[i] * z[i] * sigmoid(z[i])' });
  elementWise('SiluGateGrad', ['x', 'z', 'dy'], {
    dx: 'dy[i] * z[i] * sigmoid(z[i])',
    dz: 'dy[i] * x[i] * siluSlope(z[i])',
  });
}

/** Registers a kernel whose inputs and outputs all have the shape of its first input; outputs are WGSL expressions. */
function elementWise(
  kernelName: string,
  inputNames: readonly string[],
  outputs: Readonly<Record<string, string>>,
): void {
  const names = [...inputNames, ...Object.keys(outputs).map((name) => `*${name}`)];
  const stores = Object.entries(outputs).map(([name, value]) => `  ${name}[i] = ${value};`);
  replaceKernel({
    kernelName,
    backendName: 'webgpu',
    kernelFunc: ({ inputs, backend }) => {
      const gpu = backend as unknown as GpuBackend;
      const given = inputNames.map((name) => input(inputs, name));
      const { shape } = given[0]!;
      const made = Object.keys(outputs).map(() => gpu.makeTensorInfo(shape, 'float32'));
      const code = `
${bindings(...names.map((name) => [name, 'array<f32>'] as const))}
${siluFunctions}
${flatHead(sizeOf(shape))}
${stores.join('\n')}
}`;
      const buffers = [...given, ...made];
      dispatch(gpu, { label: kernelName, code, buffers, workgroups: flatGroups(sizeOf(shape)) });
      return made.length === 1 ? made[0]! : made;
    },
  });
}
