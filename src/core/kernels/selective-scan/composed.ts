import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import { replaceKernel } from '../register.js';
import {
  chunkLength,
  gatherSteps,
  noState,
  outer,
  overChannels,
  overStates,
  type ScanTensors,
  type Steps,
  toPixels,
  visitPixels,
} from './composed-steps.js';
import { scanSizes } from './host.js';
import { linearRecurrence, shifted } from './linear-recurrence.js';
import type { ScanSizes } from './reference.js';

/** Elements of the largest intermediate tensor: 128 MiB, of which a handful live at a time. */
const largestIntermediate = 1 << 25;

/**
 * Registers the scan out of the backend's own operations, a chunk of steps at a time: for backends whose kernels we
 * cannot write, like CUDA under tfjs-node.
 */
export function registerComposedScan(backendName: string, largest = largestIntermediate): void {
  replaceKernel({
    kernelName: 'SelectiveScan',
    backendName,
    kernelFunc: ({ inputs, attrs }) => {
      const sizes = scanSizes(inputs, attrs);
      const [y, states] = forward(sizes, inputs as unknown as ScanTensors, chunkLength(sizes, largest));
      if (attrs?.training === true) return [y, states];
      states.dispose();
      return y;
    },
  });
  replaceKernel({
    kernelName: 'SelectiveScanGrad',
    backendName,
    kernelFunc: ({ inputs, attrs }) => {
      const sizes = scanSizes(inputs, attrs);
      const { dy, states } = inputs as unknown as { dy: Tensor3D; states: Tensor3D };
      return backward(sizes, inputs as unknown as ScanTensors, dy, states, chunkLength(sizes, largest));
    },
  });
}

/** @returns y `[B,L,D]`, and the state before every chunk `[chunks,B,R]` */
function forward(s: ScanSizes, inputs: ScanTensors, chunk: number): [Tensor3D, Tensor3D] {
  return tf.tidy(() => {
    const outputs: Tensor4D[] = [];
    const before: Tensor2D[] = [];
    let state = noState(s);
    for (let from = 0; from < s.length; from += chunk) {
      before.push(state);
      const [y, after] = tf.tidy(() => {
        const steps = gatherSteps(s, inputs, from, Math.min(from + chunk, s.length));
        const h = linearRecurrence(steps.decay, outer(steps.x, steps.b), state);
        return [overStates(h, steps.c, s.channels), lastStep(h)];
      }) as [Tensor4D, Tensor2D];
      outputs.push(y);
      state = after;
    }
    const scanned = toPixels(outputs, inputs.order, s, s.channels).sum<Tensor3D>(2);
    const skipped = inputs.u.mul<Tensor3D>(inputs.d.sum(0));
    return [scanned.add(skipped), tf.stack(before)] as [Tensor3D, Tensor3D];
  });
}

/** Gradients of u, delta, b, c, a, d, deltaBias: the chunks from the last to the first. */
function backward(
  s: ScanSizes,
  inputs: ScanTensors,
  dy: Tensor3D,
  states: Tensor3D,
  chunk: number,
): Tensor[] {
  return tf.tidy(() => {
    const chunks = Math.ceil(s.length / chunk);
    const parts: Record<'u' | 'delta' | 'b' | 'c', Tensor4D[]> = { u: [], delta: [], b: [], c: [] };
    let da: Tensor = tf.zerosLike(inputs.a);
    let adjoint = noState(s);
    for (let i = chunks - 1; i >= 0; i--) {
      const [from, to] = [i * chunk, Math.min((i + 1) * chunk, s.length)];
      const before = states.slice([i, 0, 0], [1, -1, -1]).squeeze<Tensor2D>([0]);
      const grads = tf.tidy(() => chunkGradients(s, inputs, dy, [from, to], before, adjoint));
      for (const name of ['u', 'delta', 'b', 'c'] as const) parts[name].unshift(grads[name]);
      da = da.add(grads.a);
      adjoint = grads.adjoint;
    }
    const { states: N, channels: D } = s;
    const pixels = (name: keyof typeof parts, width: number) => toPixels(parts[name], inputs.order, s, width);
    const ddelta = pixels('delta', D);
    const du = pixels('u', D)
      .sum(2)
      .add(dy.mul(inputs.d.sum(0)));
    const dskip = dy.mul(inputs.u).sum<Tensor>([0, 1]);
    const dd = dskip.expandDims(0).tile([s.directions, 1]);
    return [du, ddelta, pixels('b', N), pixels('c', N), da, dd, ddelta.sum([0, 1])];
  });
}

interface ChunkGradients extends Record<string, Tensor> {
  u: Tensor4D;
  delta: Tensor4D;
  b: Tensor4D;
  c: Tensor4D;
  a: Tensor;
  /** What the chunk before receives, `[B,R]`. */
  adjoint: Tensor2D;
}

function chunkGradients(
  s: ScanSizes,
  inputs: ScanTensors,
  dy: Tensor3D,
  [from, to]: [number, number],
  before: Tensor2D,
  received: Tensor2D,
): ChunkGradients {
  const { batch: B, directions: K, channels: D, states: N } = s;
  const steps = gatherSteps(s, inputs, from, to);
  const { dt, u, x, raw, decay, b, c, count: T } = steps;
  const upstream = visitPixels(s, dy, inputs.order, from, to);
  const h = linearRecurrence(decay, outer(x, b), before);
  const g = adjoints(steps, outer(upstream, c), received);
  const carried = decay.mul<Tensor3D>(shifted(before, h));
  const through = g.mul<Tensor>(carried).reshape([B, T, K, D, N]);
  const towardsInput = overStates(g, b, D);
  const ddt = u.mul(towardsInput).add(through.mul(inputs.a).sum(4));
  return {
    u: dt.mul(towardsInput),
    delta: ddt.mul(tf.sigmoid(raw)),
    b: overChannels(g, x, N),
    c: overChannels(h, upstream, N),
    a: through.mul(dt.expandDims(4)).sum([0, 1]),
    adjoint: firstStep(decay.mul(g)),
  };
}

/** dL/dh_t `[B,T,R]`: the same recurrence in reversed time, each step decayed by the one that follows it. */
function adjoints({ decay }: Steps, direct: Tensor3D, received: Tensor2D): Tensor3D {
  const backwards = (values: Tensor3D) => tf.reverse(values, 1);
  // What is received from the next chunk has its decay behind it already.
  const follow = shifted(tf.onesLike(received), backwards(decay));
  return backwards(linearRecurrence(follow, backwards(direct), received));
}

function lastStep(values: Tensor3D): Tensor2D {
  return values.slice([0, values.shape[1] - 1, 0], [-1, 1, -1]).squeeze([1]);
}

function firstStep(values: Tensor3D): Tensor2D {
  return values.slice([0, 0, 0], [-1, 1, -1]).squeeze([1]);
}
