import type { Random } from './random.js';

type Initialiser = (size: number, random: Random) => Float32Array;

export const zeros: Initialiser = (size) => new Float32Array(size);
export const ones: Initialiser = (size) => new Float32Array(size).fill(1);

export function normal(std: number): Initialiser {
  return (size, random) => Float32Array.from({ length: size }, () => std * random.normal());
}

/** U(−bound, bound): PyTorch's default for linear and convolution layers with bound = 1/√fan_in. */
export function uniform(bound: number): Initialiser {
  return (size, random) => Float32Array.from({ length: size }, () => bound * (2 * random.uniform() - 1));
}

/** Xavier-uniform (Glorot and Bengio 2010). */
export function xavierUniform(fanIn: number, fanOut: number): Initialiser {
  return uniform(Math.sqrt(6 / (fanIn + fanOut)));
}

/** Kaiming-normal for ReLU, fan-out mode (He et al. 2015): std = √(2 / fan_out). */
export function kaimingFanOut(fanOut: number): Initialiser {
  return normal(Math.sqrt(2 / fanOut));
}

/** `A_log[n] = log n` for n = 1…N in every row: S4D-real (Gu et al. 2022). */
export function logStates(states: number): Initialiser {
  return (size) => Float32Array.from({ length: size }, (_, i) => Math.log((i % states) + 1));
}

/** Bias whose softplus is log-uniform in [1e-3, 1e-1], floored at 1e-4 (Mamba's step-size initialisation). */
export const inverseSoftplusStep: Initialiser = (size, random) =>
  Float32Array.from({ length: size }, () => {
    const low = Math.log(1e-3);
    const high = Math.log(1e-1);
    const step = Math.max(1e-4, Math.exp(low + random.uniform() * (high - low)));
    return step + Math.log(-Math.expm1(-step));
  });
