import { closeSync, readSync } from 'node:fs';
import { DataError } from '../errors.js';
import { halfToFloat } from '../files/half-precision.js';
import { openRegularSync } from '../files/regular-file.js';
import { sizeOf } from '../tensor.js';

/** Where the map of one scale of one image lies. */
export interface FeatureLocation {
  file: string;
  offset: number;
  dtype: 'float32' | 'float16';
}

/** The training features of many images, left in their files so that they may exceed memory. */
export interface FeatureSet {
  /** `[H,W,C]` of each scale, fine to coarse. */
  shapes: readonly (readonly number[])[];
  /** `images[i][scale]` */
  images: readonly (readonly FeatureLocation[])[];
}

/**
 * Reads some images of one scale, divided by the scale's constant: `[B,H,W,C]`.
 *
 * @throws DataError when a file is shorter than its record says.
 */
export function readScale(
  set: FeatureSet,
  images: readonly number[],
  scale: number,
  divisor: number,
): Float32Array {
  const size = sizeOf(set.shapes[scale]!);
  const batch = new Float32Array(images.length * size);
  images.forEach((image, i) => {
    readMap(set.images[image]![scale]!, batch.subarray(i * size, (i + 1) * size));
  });
  if (divisor !== 1) {
    const factor = 1 / divisor;
    for (let i = 0; i < batch.length; i++) batch[i] = batch[i]! * factor;
  }
  return batch;
}

function readMap({ file, offset, dtype }: FeatureLocation, target: Float32Array): void {
  const half = dtype === 'float16' ? new Uint16Array(target.length) : null;
  const bytes = half
    ? new Uint8Array(half.buffer)
    : new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  const descriptor = openRegularSync(file, 'extracted features');
  try {
    const read = readSync(descriptor, bytes, 0, bytes.length, offset);
    if (read !== bytes.length) {
      throw new DataError(
        `${file}: ends at byte ${offset + read}, the features need ${offset + bytes.length}; extract it again`,
      );
    }
  } finally {
    closeSync(descriptor);
  }
  if (half) target.set(halfToFloat(half));
}
