import { DataError } from '../errors.js';
import { shown } from '../files/file-errors.js';
import { readImageFile } from './decode.js';
import { decodeMask } from './decode-mask.js';
import { type Pixels, resizeBilinear } from './resize.js';
import { pixelLimit } from './sharp-image.js';

/** A ground-truth mask at evaluation size. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  /** 1 where defective, row-major [H,W]. */
  readonly data: Uint8Array;
  /** Defective pixels of `data`. */
  readonly area: number;
  /** Defective pixels of the file. */
  readonly sourceArea: number;
  readonly sourceSize: readonly [width: number, height: number];
  /** The file marks a defect and none of it is left at this size: the image counts as normal (docs/protocol.md 1). */
  readonly vanished: boolean;
  /** Every pixel of the file's border is defective. */
  readonly marksBorder: boolean;
}

export interface MaskOptions {
  /** Evaluation size, 256 × 256 in the published protocol. */
  readonly width: number;
  readonly height: number;
  /** Width and height of the mask's image, to be compared when known. */
  readonly imageSize?: readonly [number, number];
  readonly maxPixels?: number;
}

// A scaled-down copy may be a pixel off in either side; a mask of another camera or crop is off by far more.
const aspectTolerance = 0.02;

/**
 * Reads a mask as the published protocol does (docs/protocol.md 1.2): grey, non-zero → 255, Pillow-bilinear resize,
 * above one half. Masks that went through a lossy compression are cut at half of their range instead (`markingLevel`).
 *
 * @throws DataError when it does not decode or its aspect ratio is not its image's; InputMissingError
 */
export async function readMask(path: string | Buffer, options: MaskOptions): Promise<Mask> {
  const name = String(path);
  const maxPixels = options.maxPixels ?? pixelLimit;
  const source = await decodeMask(await readImageFile(path), { path: name, maxPixels });
  refuseOtherAspect(source, options.imageSize, name);
  return maskAt(source, options.width, options.height);
}

/**
 * What is odd about a mask that can be used: it marks most of the image, or the image's whole border, as black marks on a
 * white ground do when they are read as white marks on black; or it marks defects in a good image.
 */
export function maskDoubt(
  { sourceArea, sourceSize: [width, height], marksBorder }: Mask,
  label?: 'normal' | 'anomaly',
): 'inverted' | 'of-good-image' | undefined {
  if (sourceArea > (width * height) / 2 || marksBorder) return 'inverted';
  return label === 'normal' && sourceArea > 0 ? 'of-good-image' : undefined;
}

/** A 0/255 mask of any size brought to `width` × `height`. */
export function maskAt(source: Pixels, width: number, height: number): Mask {
  const data = resizeBilinear(source, width, height).data.map((value) => (value > 127 ? 1 : 0));
  const area = count(data);
  const sourceArea = count(source.data);
  const vanished = sourceArea > 0 && area === 0;
  const sourceSize = [source.width, source.height] as const;
  return { width, height, data, area, sourceArea, sourceSize, vanished, marksBorder: marksBorder(source) };
}

function marksBorder({ width, height, data }: Pixels): boolean {
  for (let x = 0; x < width; x++) if (!data[x] || !data[(height - 1) * width + x]) return false;
  for (let y = 0; y < height; y++) if (!data[y * width] || !data[(y + 1) * width - 1]) return false;
  return true;
}

function refuseOtherAspect(mask: Pixels, imageSize: MaskOptions['imageSize'], path: string): void {
  if (!imageSize) return;
  const [width, height] = imageSize;
  const ratio = (mask.width / mask.height) * (height / width);
  const slack = aspectTolerance + 1 / Math.min(mask.width, mask.height);
  if (ratio <= 1 + slack && ratio >= 1 / (1 + slack)) return;
  throw new DataError(
    `${shown(path)}: the mask is ${mask.width}×${mask.height}, its image ${width}×${height}; a mask must show the same view.`,
  );
}

function count(data: Uint8Array): number {
  let set = 0;
  for (const value of data) if (value) set++;
  return set;
}
