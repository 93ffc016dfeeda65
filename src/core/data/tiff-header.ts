import { tiffDirectory } from './tiff-directory.js';

/** What the first directory of a TIFF says of its picture; tags that are absent have the defaults of TIFF 6.0. */
export interface TiffHeader {
  /** 1 upright, 2 to 8 mirrored or turned (tag 274). */
  readonly orientation: number;
  /** Tag 259: 1 none, 5 LZW, 7 JPEG … */
  readonly compression: number;
  /** Tag 262: 0 white is zero, 2 RGB, 6 YCbCr … */
  readonly photometric: number | undefined;
  /** Bits of a sample, the most of all channels (tag 258). */
  readonly bits: number;
  /** How Y, Cb and Cr lie in the file, where they are not a JPEG's; undefined for other colours. */
  readonly yCbCr: 'whole' | 'subsampled' | 'unsaid' | undefined;
  /** Shares of red, green and blue in Y (tag 529). */
  readonly luma: readonly number[];
  /** Codes of black and white of Y, Cb and Cr (tag 532). */
  readonly references: readonly number[];
}

const elementBytes: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 5: 8, 11: 4, 16: 8 };
const stripBytes = 279;
const valuesAtMost = (tag: number) => (tag === stripBytes ? 65536 : 16);

/**
 * Reads the first directory of a TIFF or BigTIFF, also of one inside an Exif block.
 *
 * @returns undefined where it is cut off or no TIFF
 */
export function tiffHeader(bytes: Uint8Array): TiffHeader | undefined {
  try {
    const tags = readDirectory(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return tags && header(tags, bytes.byteLength);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // an offset that leads out of the file
    throw error;
  }
}

function header(tags: Tags, fileBytes: number): TiffHeader {
  const orientation = tags.get(274)?.[0] ?? 1;
  return {
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
    compression: tags.get(259)?.[0] ?? 1,
    photometric: tags.get(262)?.[0],
    bits: Math.max(...(tags.get(258) ?? [1])),
    yCbCr: yCbCrOf(tags, fileBytes),
    luma: whole(tags.get(529), 3) ?? [0.299, 0.587, 0.114],
    references: whole(tags.get(532), 6) ?? [0, 255, 128, 255, 128, 255],
  };
}

/**
 * Without tag 530 TIFF means 2×2 samples of luminance a sample of colour, and many a writer forgets the tag and means one:
 * an uncompressed file tells by its size.
 */
function yCbCrOf(tags: Tags, fileBytes: number): TiffHeader['yCbCr'] {
  const compression = tags.get(259)?.[0] ?? 1;
  if (tags.get(262)?.[0] !== 6 || compression === 6 || compression === 7) return undefined;
  const subsampling = tags.get(530);
  if (subsampling) return subsampling.every((n) => n === 1) ? 'whole' : 'subsampled';
  if (compression !== 1) return 'unsaid';
  const pixels = (tags.get(256)?.[0] ?? 0) * (tags.get(257)?.[0] ?? 0);
  const stored = tags.get(stripBytes)?.reduce((sum, n) => sum + n, 0) ?? fileBytes;
  return stored >= pixels * 3 ? 'whole' : 'subsampled';
}

function whole(values: number[] | undefined, length: number): number[] | undefined {
  return values?.length === length && values.every(Number.isFinite) ? values : undefined;
}

/**
 * A copy whose photometric tag says RGB: decoders then hand Y, Cb and Cr on as they are.
 *
 * @param bytes a TIFF with that tag
 */
export function asRgb(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  const found = tiffDirectory(view)?.entries.find(({ tag }) => tag === 262);
  if (found) view.setUint16(found.valueAt, 2, view.getUint16(0) === 0x4949);
  return copy;
}

type Tags = ReadonlyMap<number, number[]>;

function readDirectory(view: DataView): Tags | undefined {
  const found = tiffDirectory(view);
  if (!found) return undefined;
  const { little, long, entries, inlineBytes } = found;
  const tags = new Map<number, number[]>();
  for (const { tag, type, count, valueAt } of entries) {
    const size = elementBytes[type];
    if (!size || count === 0 || count > valuesAtMost(tag)) continue;
    const from = count * size <= inlineBytes ? valueAt : long(valueAt);
    const values = Array.from({ length: count }, (_, k) => element(view, from + k * size, type, little));
    tags.set(tag, values);
  }
  return tags;
}

function element(view: DataView, at: number, type: number, little: boolean): number {
  if (type === 1) return view.getUint8(at);
  if (type === 3) return view.getUint16(at, little);
  if (type === 4) return view.getUint32(at, little);
  if (type === 5) return view.getUint32(at, little) / view.getUint32(at + 4, little);
  if (type === 11) return view.getFloat32(at, little);
  return Number(view.getBigUint64(at, little));
}
