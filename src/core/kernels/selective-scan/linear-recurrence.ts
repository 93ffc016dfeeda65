import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';

/**
 * `h_t = a_t · h_{t-1} + x_t` along the second axis, element by element: a work-efficient associative scan (Blelloch
 * 1990) out of a few large operations, log₂T levels deep. Neighbours are joined into half as many steps, these are solved
 * the same way, and the steps between follow from them.
 *
 * @param a `[B,T,R]`
 * @param x `[B,T,R]`
 * @param before `[B,R]`, h_{-1}
 * @returns h `[B,T,R]`
 */
export function linearRecurrence(a: Tensor3D, x: Tensor3D, before: Tensor2D): Tensor3D {
  return tf.tidy(() => {
    const [B, T, R] = a.shape;
    if (T === 1) return a.mul<Tensor3D>(before.expandDims(1)).add(x);
    if (T % 2 === 1) return oddRecurrence(a, x, before);
    const [a0, a1] = pairs(a);
    const [x0, x1] = pairs(x);
    const second = linearRecurrence(a1.mul(a0), a1.mul(x0).add(x1), before);
    const first = a0.mul<Tensor3D>(shifted(before, second)).add<Tensor3D>(x0);
    return tf.concat([first, second], 2).reshape([B, T, R]);
  });
}

/** The values one step later: `first` `[B,R]`, then all of `values` `[B,T,R]` but the last. */
export function shifted(first: Tensor2D, values: Tensor3D): Tensor3D {
  const [B, T, R] = values.shape;
  const head = first.reshape([B, 1, R]) as Tensor3D;
  return T === 1 ? head : tf.concat([head, values.slice([0, 0, 0], [B, T - 1, R])], 1);
}

/** The last step by itself, after all the others. */
function oddRecurrence(a: Tensor3D, x: Tensor3D, before: Tensor2D): Tensor3D {
  const [B, T, R] = a.shape;
  const most = (values: Tensor3D) => values.slice([0, 0, 0], [B, T - 1, R]);
  const last = (values: Tensor3D) => values.slice([0, values.shape[1] - 1, 0], [B, 1, R]);
  const h = linearRecurrence(most(a), most(x), before);
  return tf.concat([h, last(a).mul<Tensor3D>(last(h)).add(last(x))], 1);
}

/** Steps 0, 2, 4, … and steps 1, 3, 5, … */
function pairs(values: Tensor3D): [Tensor3D, Tensor3D] {
  const [B, T, R] = values.shape;
  const joined = values.reshape([B, T / 2, 2 * R]) as Tensor3D;
  return [joined.slice([0, 0, 0], [B, T / 2, R]), joined.slice([0, 0, R], [B, T / 2, R])];
}
