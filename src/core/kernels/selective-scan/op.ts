import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs';
import type { SelectiveScanArgs } from '../../ops/ops.js';
import { tf } from '../../runtime/tf.js';
import type { VisitingOrder } from '../../scan/visiting-order.js';
import { isRecording, withGradient } from '../with-gradient.js';

const inputNames = ['u', 'delta', 'b', 'c', 'a', 'd', 'deltaBias'] as const;

/**
 * K selective scans of one map in the given visiting orders, summed at the pixels they visit (MambaAD section 3.2;
 * Mamba's `selective_scan` with softplus, bias and skip). Runs the kernel `SelectiveScan` of the current backend and
 * has its gradient.
 *
 * A backend's kernel gets the inputs of `SelectiveScanArgs` plus `order` (int32 `[K,L]`), and the attributes
 * `segment` and `training`; it returns `[y]`, or `[y, states]` when `training` is true and it has something for its
 * gradient kernel. `SelectiveScanGrad` gets the same inputs, `dy` and, if there was one, `states`, and returns the
 * gradients of u, delta, b, c, a, d and deltaBias.
 *
 * @returns `[B,L,D]`
 * @throws Error when a shape does not fit the others
 */
export function selectiveScan(args: SelectiveScanArgs<Tensor>): Tensor {
  checkShapes(args);
  const { segment } = args.order;
  const order = orderTensor(args.order);
  const training = isRecording();
  return withGradient(
    inputNames.map((name) => args[name]),
    (inputs) => {
      const named = (tensors: Tensor[]): NamedTensorMap => ({
        ...Object.fromEntries(inputNames.map((name, i) => [name, tensors[i]!])),
        order,
      });
      const outputs = tf.engine().runKernel('SelectiveScan', named(inputs), { segment, training });
      const [value, states] = (Array.isArray(outputs) ? outputs : [outputs]) as [Tensor, Tensor | undefined];
      return {
        value,
        saved: states ? [...inputs, states] : inputs,
        gradient: (dy, saved) => {
          const kept = saved[inputNames.length];
          const all = { ...named(saved), dy, ...(kept && { states: kept }) };
          return tf.engine().runKernel('SelectiveScanGrad', all, { segment }) as Tensor[];
        },
      };
    },
  );
}

function checkShapes(args: SelectiveScanArgs<Tensor>): void {
  const { directions: K, length: L, segment } = args.order;
  const [B, , D] = args.u.shape as [number, number, number];
  const N = args.a.shape.at(-1)!;
  const expected: Record<(typeof inputNames)[number], number[]> = {
    u: [B, L, D],
    delta: [B, L, K, D],
    b: [B, L, K, N],
    c: [B, L, K, N],
    a: [K, D, N],
    d: [K, D],
    deltaBias: [K, D],
  };
  for (const name of inputNames) {
    const shape = args[name].shape;
    const wanted = expected[name];
    if (shape.length !== wanted.length || shape.some((side, axis) => side !== wanted[axis])) {
      throw new Error(
        `selectiveScan: ${name} is [${shape}], expected [${wanted}] for ${K} directions over ${L} pixels, ` +
          `${D} channels and ${N} states.`,
      );
    }
  }
  if (!Number.isInteger(segment) || segment < 1 || L % segment !== 0) {
    throw new Error(`selectiveScan: a segment of ${segment} steps does not divide the ${L} pixels.`);
  }
}

const orderTensors = new WeakMap<object, WeakMap<VisitingOrder, Tensor>>();

/** Orders are few and live as long as their network, so each is uploaded once per backend and kept. */
function orderTensor(order: VisitingOrder): Tensor {
  const backend = tf.backend();
  let ofBackend = orderTensors.get(backend);
  if (!ofBackend) {
    ofBackend = new WeakMap();
    orderTensors.set(backend, ofBackend);
  }
  let tensor = ofBackend.get(order);
  if (!tensor) {
    checkIndices(order);
    tensor = tf.keep(tf.tensor2d(order.indices, [order.directions, order.length], 'int32'));
    ofBackend.set(order, tensor);
  }
  return tensor;
}

/** Kernels read memory at these indices without a further check. */
function checkIndices({ indices, directions, length }: VisitingOrder): void {
  if (indices.length !== directions * length) {
    throw new Error(
      `selectiveScan: the visiting order has ${indices.length} indices, expected ${directions}×${length}.`,
    );
  }
  const wrong = indices.findIndex((pixel) => pixel < 0 || pixel >= length);
  if (wrong >= 0) {
    throw new Error(
      `selectiveScan: index ${wrong} of the visiting order is ${indices[wrong]}, outside 0..${length - 1}.`,
    );
  }
}
