import type { HostTensor } from '../tensor.js';
import { gaussianMatrix, interpolationMatrix, SIGMA } from './smoothing.js';

/**
 * The anomaly map of one image in float64 and plain loops, step by step as the definition reads (docs/algorithms.md
 * 1.8): the truth that the engines are measured against.
 *
 * @param teacher per scale `[h,w,C]`
 * @param student the same shapes
 * @returns `[size·size]`, row-major
 */
export function referenceMap(
  teacher: readonly HostTensor[],
  student: readonly HostTensor[],
  size = 256,
): Float64Array {
  const sum = new Float64Array(size * size);
  teacher.forEach((features, scale) => {
    const [height, width] = features.shape as [number, number, number];
    const distance = cosineDistances(features, student[scale]!);
    const rows = interpolationMatrix(height, size);
    const columns = interpolationMatrix(width, size);
    sandwich(rows, distance, columns, size, height, width).forEach((value, i) => {
      sum[i]! += value / teacher.length ** 2;
    });
  });
  const gaussian = gaussianMatrix(size, SIGMA);
  return sandwich(gaussian, sum, gaussian, size, size, size);
}

function cosineDistances({ shape, data: x }: HostTensor, { data: y }: HostTensor): Float64Array {
  const [height, width, channels] = shape as [number, number, number];
  return Float64Array.from({ length: height * width }, (_, place) => {
    let [xy, xx, yy] = [0, 0, 0];
    for (let i = place * channels; i < (place + 1) * channels; i++) {
      xy += x[i]! * y[i]!;
      xx += x[i]! ** 2;
      yy += y[i]! ** 2;
    }
    return 1 - xy / (Math.max(Math.sqrt(xx), 1e-8) * Math.max(Math.sqrt(yy), 1e-8));
  });
}

/** `rows [n,h] · map [h,w] · columnsᵀ [w,n]`. */
function sandwich(
  rows: Float64Array,
  map: Float64Array,
  columns: Float64Array,
  n: number,
  h: number,
  w: number,
): Float64Array {
  const half = new Float64Array(n * w);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < h; k++) {
      const weight = rows[i * h + k]!;
      if (weight === 0) continue;
      for (let j = 0; j < w; j++) half[i * w + j]! += weight * map[k * w + j]!;
    }
  }
  const whole = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < w; k++) sum += half[i * w + k]! * columns[j * w + k]!;
      whole[i * n + j] = sum;
    }
  }
  return whole;
}
