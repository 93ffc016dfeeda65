import { type Coefficients, triangleCoefficients, weightBits } from './resize-coefficients.js';

/** 8-bit samples, row-major, channels interleaved. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

const half = 1 << (weightBits - 1);

/**
 * Resizes as Pillow's `Image.resize(..., BILINEAR)`, to the byte: anti-aliased triangle filter, horizontal pass rounded
 * to 8 bits, then vertical (docs/algorithms.md 1.1; Pillow Resample.c). Aspect ratio is not kept.
 *
 * @returns the same pixels when the size is already right
 */
export function resizeBilinear(image: Pixels, width: number, height: number): Pixels {
  const { channels } = image;
  const wide =
    image.width === width ? image : resizeColumns(image, triangleCoefficients(image.width, width), width);
  if (wide.height === height) return wide;
  const data = resizeRows(wide, triangleCoefficients(image.height, height), height);
  return { width, height, channels, data };
}

function resizeColumns(image: Pixels, table: Coefficients, width: number): Pixels {
  const { height, channels } = image;
  const data = new Uint8Array(width * height * channels);
  if (channels === 3) threeChannelColumns(image, table, data, width);
  else anyColumns(image, table, data, width);
  return { width, height, channels, data };
}

function threeChannelColumns(image: Pixels, table: Coefficients, out: Uint8Array, width: number): void {
  const { data, height } = image;
  const { first, count, weights, stride } = table;
  let to = 0;
  for (let y = 0; y < height; y++) {
    const row = y * image.width * 3;
    for (let x = 0; x < width; x++) {
      let at = row + first[x]! * 3;
      let [r, g, b] = [half, half, half];
      const start = x * stride;
      for (let k = start; k < start + count[x]!; k++) {
        const weight = weights[k]!;
        r += data[at]! * weight;
        g += data[at + 1]! * weight;
        b += data[at + 2]! * weight;
        at += 3;
      }
      out[to] = clip(r);
      out[to + 1] = clip(g);
      out[to + 2] = clip(b);
      to += 3;
    }
  }
}

function anyColumns(image: Pixels, table: Coefficients, out: Uint8Array, width: number): void {
  const { data, height, channels } = image;
  const { first, count, weights, stride } = table;
  let to = 0;
  for (let y = 0; y < height; y++) {
    const row = y * image.width * channels;
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        let sum = half;
        let at = row + first[x]! * channels + c;
        for (let k = 0; k < count[x]!; k++) {
          sum += data[at]! * weights[x * stride + k]!;
          at += channels;
        }
        out[to++] = clip(sum);
      }
    }
  }
}

// Row by row into integer accumulators: memory is read in order, which is what the vertical pass lives on.
function resizeRows(image: Pixels, table: Coefficients, height: number): Uint8Array {
  const { data } = image;
  const { first, count, weights, stride } = table;
  const length = image.width * image.channels;
  const out = new Uint8Array(length * height);
  const sums = new Int32Array(length);
  for (let y = 0; y < height; y++) {
    sums.fill(half);
    for (let k = 0; k < count[y]!; k++) {
      const weight = weights[y * stride + k]!;
      const row = (first[y]! + k) * length;
      for (let i = 0; i < length; i++) sums[i] = sums[i]! + data[row + i]! * weight;
    }
    const to = y * length;
    for (let i = 0; i < length; i++) out[to + i] = clip(sums[i]!);
  }
  return out;
}

function clip(sum: number): number {
  const value = sum >> weightBits;
  return Math.max(0, Math.min(value, 255));
}
