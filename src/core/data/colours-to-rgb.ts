import type { Pixels } from './resize.js';
import type { TiffHeader } from './tiff-header.js';

/** Three channels: of one the same thrice, alpha dropped. */
export function keepRgb(image: Pixels): Pixels {
  if (image.channels === 3) return image;
  const { width, height, data } = image;
  const out = new Uint8Array(width * height * 3);
  const grey = image.channels < 3; // one channel, or one and alpha
  for (let i = 0; i < width * height; i++) {
    const from = i * image.channels;
    for (let c = 0; c < 3; c++) out[i * 3 + c] = data[grey ? from : from + c]!;
  }
  return { width, height, channels: 3, data: out };
}

/** R = (255 − K) − C·(255 − K)/255 and likewise, in Pillow's integer arithmetic (Convert.c). */
export function cmykToRgb({ width, height, channels, data }: Pixels): Pixels {
  const out = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const white = 255 - data[i * channels + 3]!;
    for (let c = 0; c < 3; c++) {
      const product = data[i * channels + c]! * white + 128;
      out[i * 3 + c] = white - (((product >> 8) + product) >> 8);
    }
  }
  return { width, height, channels: 3, data: out };
}

/** Y, Cb, Cr → RGB as section 21 of TIFF 6.0 has it, by the file's own coefficients and references. */
export function yCbCrToRgb(
  { width, height, data }: Pixels,
  { luma, references }: Pick<TiffHeader, 'luma' | 'references'>,
): Pixels {
  const [red, green, blue] = luma as [number, number, number];
  const full = (channel: number, range: number) => {
    const [black, white] = [references[2 * channel]!, references[2 * channel + 1]!];
    return (code: number) => ((code - black) * range) / (white - black);
  };
  const [toY, toCb, toCr] = [full(0, 255), full(1, 127), full(2, 127)];
  const out = new Uint8ClampedArray(width * height * 3);
  for (let i = 0; i < out.length; i += 3) {
    const y = toY(data[i]!);
    const r = toCr(data[i + 2]!) * (2 - 2 * red) + y;
    const b = toCb(data[i + 1]!) * (2 - 2 * blue) + y;
    out[i] = r;
    out[i + 1] = (y - blue * b - red * r) / green;
    out[i + 2] = b;
  }
  return { width, height, channels: 3, data: new Uint8Array(out.buffer) };
}
