import { sizeOf } from '../tensor.js';
import type { Layout, ParameterSpec } from './parameter.js';

/** For each layout, the axes of the disk tensor in the order the engine wants them. */
const permutations: Record<Layout, readonly number[] | null> = {
  linear: [1, 0],
  grouped: [0, 2, 1],
  'shared-input': [2, 0, 1],
  conv: [2, 3, 1, 0],
  'conv-transpose': [2, 3, 1, 0],
  depthwise: [2, 3, 0, 1],
  'as-is': null,
};

/** Shape of a parameter as the engines see it. */
export function engineShape({ layout, shape }: Pick<ParameterSpec, 'layout' | 'shape'>): number[] {
  const permutation = permutations[layout];
  if (!permutation) return [...shape];
  const permuted = permutation.map((axis) => shape[axis]!);
  return layout === 'shared-input' ? [permuted[0]!, permuted[1]! * permuted[2]!] : permuted;
}

/** Reorders a disk tensor for the engines. */
export function toEngine(
  { layout, shape }: Pick<ParameterSpec, 'layout' | 'shape'>,
  values: Float32Array,
): Float32Array {
  const permutation = permutations[layout];
  return permutation ? permute(values, shape, permutation) : values;
}

/** Reorders an engine tensor for the disk: the inverse of `toEngine`. */
export function fromEngine(
  { layout, shape }: Pick<ParameterSpec, 'layout' | 'shape'>,
  values: Float32Array,
): Float32Array {
  const permutation = permutations[layout];
  if (!permutation) return values;
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  return permute(
    values,
    permutation.map((axis) => shape[axis]!),
    inverse,
  );
}

/** `result[i_p0, i_p1, …] = values[i_0, i_1, …]`. */
export function permute(
  values: Float32Array,
  shape: readonly number[],
  permutation: readonly number[],
): Float32Array {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const outer = permutation.map((axis) => shape[axis]!);
  const steps = permutation.map((axis) => strides[axis]!);
  const result = new Float32Array(values.length);
  const index = new Array<number>(outer.length).fill(0);
  let source = 0;
  for (let target = 0; target < result.length; target++) {
    result[target] = values[source]!;
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      source += steps[axis]!;
      if (++index[axis]! < outer[axis]!) break;
      source -= steps[axis]! * outer[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
