export type DType = 'float32' | 'float16' | 'bfloat16' | 'float64' | 'int64' | 'int32' | 'uint8';

/** A dense tensor in ordinary memory, row-major: what files hold and engines are fed with. */
export interface HostTensor<A = Float32Array> {
  readonly shape: readonly number[];
  readonly data: A;
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
