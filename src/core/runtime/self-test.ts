import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs';
import {
  type ScanArrays,
  type ScanSizes,
  scanBackward,
  scanForward,
} from '../kernels/selective-scan/reference.js';
import { createRandom } from '../nn/random.js';
import { tf } from './tf.js';

// Two chunks of every kernel's inner loop, a restart in the middle, channels that fill no vector: the odd paths.
const sizes: ScanSizes = { batch: 2, length: 36, channels: 5, states: 16, directions: 2, segment: 18 };

/** Largest normalised squared error against float64 that counts as right. */
const tolerance = 1e-6;

/** Changes what the engine computed before it is compared: lets a test see what a broken engine leads to. */
export type Tamper = (computed: Float32Array) => void;

export interface SelfTest {
  readonly passed: boolean;
  /** Normalised squared error of the worst result. */
  readonly error: number;
  readonly milliseconds: number;
}

/**
 * Runs the selective scan and its gradient on the current backend, on a fixed small problem, and compares with the
 * reference. An engine that computes nonsense must not be chosen, whatever it says about itself.
 */
export async function selfTest(tamper: Tamper = () => {}): Promise<SelfTest> {
  const started = performance.now();
  const problem = fixedProblem();
  const dy = problem.u.map((value) => 1 - value);
  const gradients = scanBackward(sizes, problem, dy);
  const names = ['u', 'delta', 'b', 'c', 'a', 'd', 'deltaBias'] as const;
  const expected = [scanForward(sizes, problem), ...names.map((name) => gradients[name])];
  const computed = await computedByEngine(problem, dy);
  const errors = computed.map((values, i) => {
    tamper(values);
    return normalisedError(values, expected[i]!);
  });
  const error = Math.max(
    ...errors.map((value) => (Number.isFinite(value) ? value : Number.POSITIVE_INFINITY)),
  );
  return { passed: error <= tolerance, error, milliseconds: performance.now() - started };
}

async function computedByEngine(x: ScanArrays<Float32Array>, dy: Float32Array): Promise<Float32Array[]> {
  const { batch: B, length: L, channels: D, states: N, directions: K, segment } = sizes;
  const inputs: NamedTensorMap = {
    u: tf.tensor(x.u, [B, L, D]),
    delta: tf.tensor(x.delta, [B, L, K, D]),
    b: tf.tensor(x.b, [B, L, K, N]),
    c: tf.tensor(x.c, [B, L, K, N]),
    a: tf.tensor(x.a, [K, D, N]),
    d: tf.tensor(x.d, [K, D]),
    deltaBias: tf.tensor(x.deltaBias, [K, D]),
    order: tf.tensor(x.order, [K, L], 'int32'),
  };
  const upstream = tf.tensor(dy, [B, L, D]);
  const run = (name: string, tensors: NamedTensorMap, training: boolean) =>
    [tf.engine().runKernel(name, tensors, { segment, training })].flat() as Tensor[];
  const [y, states] = run('SelectiveScan', inputs, true) as [Tensor, Tensor | undefined];
  const gradients = run('SelectiveScanGrad', { ...inputs, dy: upstream, ...(states && { states }) }, true);
  try {
    return await Promise.all([y, ...gradients].map(async (tensor) => (await tensor.data()) as Float32Array));
  } finally {
    tf.dispose([...Object.values(inputs), upstream, y, ...(states ? [states] : []), ...gradients]);
  }
}

function fixedProblem(): ScanArrays<Float32Array> {
  const { batch: B, length: L, channels: D, states: N, directions: K } = sizes;
  const random = createRandom(1);
  const draw = (size: number, value: () => number) => Float32Array.from({ length: size }, value);
  const order = new Int32Array(K * L);
  for (let t = 0; t < L; t++) {
    order[t] = (t * 5) % L; // 5 and 36 share no factor, so every pixel is visited
    order[L + t] = L - 1 - t;
  }
  return {
    u: draw(B * L * D, () => random.normal()),
    delta: draw(B * L * K * D, () => random.normal()),
    b: draw(B * L * K * N, () => random.normal()),
    c: draw(B * L * K * N, () => random.normal()),
    a: draw(K * D * N, () => -0.1 - 2 * random.uniform()),
    d: draw(K * D, () => random.normal()),
    deltaBias: draw(K * D, () => random.normal() - 2),
    order,
  };
}

function normalisedError(computed: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let energy = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (computed[i]! - expected[i]!) ** 2;
    energy += expected[i]! ** 2;
  }
  return difference / energy;
}
