import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import { tf } from '../../runtime/tf.js';
import type { ScanSizes } from './reference.js';

// Glossary: B image · T steps of one chunk · K direction · D channel · N state · R = K·D·N

export type ScanTensors = Record<'u' | 'delta' | 'b' | 'c' | 'a' | 'd' | 'deltaBias' | 'order', Tensor>;

/** Rows of the inputs in visiting order, and back; each `[L·K]`. */
export interface VisitIndices {
  /** Pixel visited by direction k at step t, at `t·K + k`. */
  readonly pixels: Tensor1D;
  /** Its row in `[L·K]`. */
  readonly rows: Tensor1D;
  /** Where the row of pixel p and direction k comes in visiting order, at `p·K + k`. */
  readonly inverse: Tensor1D;
}

const known = new WeakMap<object, VisitIndices>();

/** The index tensors of an order; made once and kept, as orders live as long as their network. */
export function visitIndices(order: Tensor): VisitIndices {
  const cached = known.get(order.dataId);
  if (cached) return cached;
  const [K, L] = order.shape as [number, number];
  const visited = order.dataSync();
  const [pixels, rows, inverse] = [0, 1, 2].map(() => new Int32Array(L * K)) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  for (let k = 0; k < K; k++) {
    for (let t = 0; t < L; t++) {
      const pixel = visited[k * L + t]!;
      pixels[t * K + k] = pixel;
      rows[t * K + k] = pixel * K + k;
      inverse[pixel * K + k] = t * K + k;
    }
  }
  const keep = (values: Int32Array) => tf.keep(tf.tensor1d(values, 'int32'));
  const indices = { pixels: keep(pixels), rows: keep(rows), inverse: keep(inverse) };
  known.set(order.dataId, indices);
  return indices;
}

/** What a chunk of steps works with, gathered in visiting order. */
export interface Steps {
  readonly count: number;
  /** `[B,T,K,D]` before and after the softplus. */
  readonly raw: Tensor4D;
  readonly dt: Tensor4D;
  /** `[B,T,K,D]`. */
  readonly u: Tensor4D;
  /** Δ·u, `[B,T,K,D]`. */
  readonly x: Tensor4D;
  /** `[B,T,K,N]`. */
  readonly b: Tensor4D;
  readonly c: Tensor4D;
  /** exp(ΔA), zero where the state starts afresh, `[B,T,R]`. */
  readonly decay: Tensor3D;
}

/** Gathers the steps `from`, …, `to - 1` of every path. */
export function gatherSteps(s: ScanSizes, inputs: ScanTensors, from: number, to: number): Steps {
  const { batch: B, length: L, directions: K, channels: D, states: N, segment } = s;
  const T = to - from;
  const rows = visitIndices(inputs.order).rows.slice(from * K, T * K);
  const visit = (x: Tensor, width: number) =>
    tf.gather(x.reshape([B, L * K, width]), rows, 1).reshape([B, T, K, width]) as Tensor4D;
  const u = visitPixels(s, inputs.u, inputs.order, from, to);
  const raw = visit(inputs.delta, D).add<Tensor4D>(inputs.deltaBias);
  const dt = tf.softplus(raw);
  const keep = Float32Array.from({ length: T }, (_, i) => ((from + i) % segment === 0 ? 0 : 1));
  const exponent = dt
    .expandDims(4)
    .mul(inputs.a)
    .reshape([B, T, K * D * N]) as Tensor3D;
  const decay = tf.exp(exponent).mul<Tensor3D>(tf.tensor3d(keep, [1, T, 1]));
  return { count: T, raw, dt, u, x: dt.mul(u), b: visit(inputs.b, N), c: visit(inputs.c, N), decay };
}

/** Values `[B,L,D]` at the pixels of the steps, `[B,T,K,D]`. */
export function visitPixels(s: ScanSizes, values: Tensor, order: Tensor, from: number, to: number): Tensor4D {
  const { batch: B, directions: K, channels: D } = s;
  const pixels = visitIndices(order).pixels.slice(from * K, (to - from) * K);
  return tf.gather(values, pixels, 1).reshape([B, to - from, K, D]);
}

/** `p [B,T,K,D] ⊗ q [B,T,K,N]` → `[B,T,R]`. */
export function outer(p: Tensor4D, q: Tensor4D): Tensor3D {
  const [B, T, K, D] = p.shape;
  const N = q.shape[3];
  return p
    .expandDims(4)
    .mul(q.expandDims(3))
    .reshape([B, T, K * D * N]);
}

/** Sums `h [B,T,R]` against `q [B,T,K,N]` over the states → `[B,T,K,D]`. */
export function overStates(h: Tensor3D, q: Tensor4D, channels: number): Tensor4D {
  const [B, T, K, N] = q.shape;
  const rows = B * T * K;
  return tf.matMul(h.reshape([rows, channels, N]), q.reshape([rows, N, 1])).reshape([B, T, K, channels]);
}

/** Sums `h [B,T,R]` against `p [B,T,K,D]` over the channels → `[B,T,K,N]`. */
export function overChannels(h: Tensor3D, p: Tensor4D, states: number): Tensor4D {
  const [B, T, K, D] = p.shape;
  const rows = B * T * K;
  return tf.matMul(p.reshape([rows, 1, D]), h.reshape([rows, D, states])).reshape([B, T, K, states]);
}

/** Chunks in visiting order `[B,T·K,width]` → pixel order `[B,L,K,width]`. */
export function toPixels(chunks: Tensor4D[], order: Tensor, s: ScanSizes, width: number): Tensor4D {
  const { batch: B, length: L, directions: K } = s;
  const all = tf.concat(chunks, 1).reshape([B, L * K, width]);
  return tf.gather(all, visitIndices(order).inverse, 1).reshape([B, L, K, width]);
}

/** Steps of a chunk so that no intermediate has more than `elements` elements; a power of two. */
export function chunkLength(
  { batch, directions, channels, states, length }: ScanSizes,
  elements: number,
): number {
  const perStep = batch * directions * channels * states;
  let steps = 1;
  while (steps < length && 2 * steps * perStep <= elements) steps *= 2;
  return Math.min(steps, length);
}

/** A state of zeros, `[B,R]`. */
export function noState({ batch, directions, channels, states }: ScanSizes): Tensor2D {
  return tf.zeros([batch, directions * channels * states]);
}
