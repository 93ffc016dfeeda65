// Glossary: B batch · L pixels · D channels · N states · K directions

/** Plain sizes of one scan. */
export interface ScanSizes {
  batch: number;
  length: number;
  channels: number;
  states: number;
  directions: number;
  segment: number;
}

/** The arrays of one scan, row-major, shapes as in `SelectiveScanArgs`. */
export interface ScanArrays<A extends Float32Array | Float64Array> {
  u: A;
  delta: A;
  b: A;
  c: A;
  a: A;
  d: A;
  deltaBias: A;
  /** `[K,L]`. */
  order: Int32Array;
}

/** Gradients with respect to everything but the order. */
export type ScanGradients<A extends Float32Array | Float64Array> = Omit<ScanArrays<A>, 'order'>;

/** `log(1 + exp(x))`, and x itself beyond 20 as the published kernel has it. */
export function softplus(x: number): number {
  return x > 20 ? x : Math.log1p(Math.exp(x));
}

/**
 * The selective scan as the equations say it, one loop a symbol (MambaAD eq. 2-3, Mamba `selective_scan_ref`):
 * `h_t = exp(Δ_t A) h_{t-1} + Δ_t u_t B_t`, `y_t = C_t·h_t + D u_t`, summed over directions at the pixel visited.
 * The arithmetic is JavaScript's (float64); results are rounded to the array type.
 *
 * @returns y `[B,L,D]`
 */
export function scanForward<A extends Float32Array | Float64Array>(sizes: ScanSizes, x: ScanArrays<A>): A {
  const { states: N } = sizes;
  const y = zeros(x.u, x.u.length);
  const h = new Float64Array(N);
  forEachPath(sizes, (channel, visit) => {
    visit(x.order, (t, at) => {
      if (t % sizes.segment === 0) h.fill(0);
      const delta = softplus(x.delta[at.delta]! + x.deltaBias[channel]!);
      let sum = x.d[channel]! * x.u[at.u]!;
      for (let n = 0; n < N; n++) {
        h[n] = Math.exp(delta * x.a[channel * N + n]!) * h[n]! + delta * x.u[at.u]! * x.b[at.b + n]!;
        sum += x.c[at.b + n]! * h[n]!;
      }
      y[at.u]! += sum;
    });
  });
  return y;
}

/** Gradients of `sum(y * dy)`; keeps every state of one path, so it is for small shapes. */
export function scanBackward<A extends Float32Array | Float64Array>(
  sizes: ScanSizes,
  x: ScanArrays<A>,
  dy: A,
): ScanGradients<A> {
  const { states: N, length: L } = sizes;
  const grad = {
    u: zeros(x.u, x.u.length),
    delta: zeros(x.u, x.delta.length),
    b: zeros(x.u, x.b.length),
    c: zeros(x.u, x.c.length),
    a: zeros(x.u, x.a.length),
    d: zeros(x.u, x.d.length),
    deltaBias: zeros(x.u, x.deltaBias.length),
  };
  const h = new Float64Array((L + 1) * N);
  const g = new Float64Array(N);
  forEachPath(sizes, (channel, visit) => {
    const a = x.a.subarray(channel * N, (channel + 1) * N);
    visit(x.order, (t, at) => {
      const delta = softplus(x.delta[at.delta]! + x.deltaBias[channel]!);
      for (let n = 0; n < N; n++) {
        const before = t % sizes.segment === 0 ? 0 : h[t * N + n]!;
        h[(t + 1) * N + n] = Math.exp(delta * a[n]!) * before + delta * x.u[at.u]! * x.b[at.b + n]!;
      }
    });
    g.fill(0);
    visit(
      x.order,
      (t, at) => {
        const raw = x.delta[at.delta]! + x.deltaBias[channel]!;
        const delta = softplus(raw);
        const u = x.u[at.u]!;
        let gradDelta = 0;
        let gradU = x.d[channel]! * dy[at.u]!;
        for (let n = 0; n < N; n++) {
          const decay = Math.exp(delta * a[n]!);
          const carried = t % sizes.segment === 0 ? 0 : decay * h[t * N + n]!;
          const gn = g[n]! + x.c[at.b + n]! * dy[at.u]!;
          grad.c[at.b + n]! += h[(t + 1) * N + n]! * dy[at.u]!;
          grad.b[at.b + n]! += gn * delta * u;
          grad.a[channel * N + n]! += gn * delta * carried;
          gradDelta += gn * (a[n]! * carried + u * x.b[at.b + n]!);
          gradU += gn * delta * x.b[at.b + n]!;
          g[n] = t % sizes.segment === 0 ? 0 : decay * gn;
        }
        grad.u[at.u]! += gradU;
        grad.d[channel]! += dy[at.u]! * u;
        const gradRaw = gradDelta * (raw > 20 ? 1 : 1 / (1 + Math.exp(-raw)));
        grad.delta[at.delta] = gradRaw;
        grad.deltaBias[channel]! += gradRaw;
      },
      true,
    );
  });
  return grad;
}

/** Offsets of one pixel of one path into the arrays: `u`/`y`/`dy`, `delta`, and the row of `b`/`c`. */
interface Offsets {
  u: number;
  delta: number;
  b: number;
}
type Visit = (order: Int32Array, step: (t: number, at: Offsets) => void, backwards?: boolean) => void;

/** A path is one channel of one direction of one image; `channel` indexes `[K,D]`. */
function forEachPath(s: ScanSizes, path: (channel: number, visit: Visit) => void): void {
  const { batch, length: L, channels: D, states: N, directions: K } = s;
  for (let i = 0; i < batch * K * D; i++) {
    const d = i % D;
    const k = Math.floor(i / D) % K;
    const image = Math.floor(i / (D * K)) * L;
    path(k * D + d, (order, step, backwards = false) => {
      for (let s = 0; s < L; s++) {
        const t = backwards ? L - 1 - s : s;
        const pixel = image + order[k * L + t]!;
        step(t, { u: pixel * D + d, delta: (pixel * K + k) * D + d, b: (pixel * K + k) * N });
      }
    });
  }
}

function zeros<A extends Float32Array | Float64Array>(like: A, size: number): A {
  return new (like.constructor as new (size: number) => A)(size);
}
