/** Standard deviation, in map pixels, of the Gaussian over the published anomaly maps (docs/algorithms.md 1.8). */
export const SIGMA = 4;
const TRUNCATE = 4; // the published kernel reaches four standard deviations: radius 16

const cache = new Map<string, Float64Array>();

/**
 * One axis of "enlarge, then smooth" as a matrix `[to, from]`: bilinear interpolation with aligned corners, then a
 * Gaussian with the edge pixel repeated at the border. Both steps are linear and separable, so a map becomes
 * `P_rows · map · P_colsᵀ`, exactly. Cached: do not write into the result.
 */
export function enlargeAndSmooth(from: number, to: number, sigma = SIGMA): Float64Array {
  const key = `${from}/${to}/${sigma}`;
  let matrix = cache.get(key);
  if (!matrix) {
    matrix = multiply(gaussianMatrix(to, sigma), interpolationMatrix(from, to), to, from);
    cache.set(key, matrix);
  }
  return matrix;
}

/** Row i holds the weights of the `from` samples in output sample i; PyTorch's `align_corners=True`. */
export function interpolationMatrix(from: number, to: number): Float64Array {
  const matrix = new Float64Array(to * from);
  const stride = to > 1 ? (from - 1) / (to - 1) : 0;
  for (let i = 0; i < to; i++) {
    const position = i * stride;
    const left = Math.min(Math.floor(position), from - 1);
    const fraction = position - left;
    matrix[i * from + left]! += 1 - fraction;
    if (fraction > 0) matrix[i * from + Math.min(left + 1, from - 1)]! += fraction;
  }
  return matrix;
}

/** Gaussian smoothing of `size` samples; beyond the ends the signal is mirrored: d c b a | a b c d | d c b a. */
export function gaussianMatrix(size: number, sigma: number): Float64Array {
  const radius = Math.floor(TRUNCATE * sigma + 0.5);
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-(((i - radius) / sigma) ** 2) / 2),
  );
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  const matrix = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let offset = -radius; offset <= radius; offset++) {
      matrix[row * size + mirrored(row + offset, size)]! += kernel[offset + radius]! / sum;
    }
  }
  return matrix;
}

function mirrored(index: number, size: number): number {
  const period = 2 * size;
  const wrapped = ((index % period) + period) % period;
  return wrapped < size ? wrapped : period - 1 - wrapped;
}

/** `left [n,n] · right [n,m]`. */
function multiply(left: Float64Array, right: Float64Array, n: number, m: number): Float64Array {
  const product = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const weight = left[i * n + k]!;
      if (weight === 0) continue;
      for (let j = 0; j < m; j++) product[i * m + j]! += weight * right[k * m + j]!;
    }
  }
  return product;
}
