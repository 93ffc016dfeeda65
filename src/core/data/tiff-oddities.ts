import { type TiffDirectory, tiffDirectory } from './tiff-directory.js';

/**
 * A TIFF with a directory that holds nothing but the picture's own tags, once each and in order: what decoders warn of in
 * the others (texts without an end, private tags, odd counts, an impossible orientation) does no harm. The coded picture
 * stays as it is, and so does the file's length, so that damage is still found.
 *
 * @returns undefined where the directory cannot be read, or the new one has no room in the place of the old one
 */
export function withPlainDirectory(bytes: Uint8Array): Uint8Array | undefined {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const found = tiffDirectory(view);
    return found && rewritten(bytes, view, found);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const stripOffsets = 273;
const stripBytes = 279;
const orientation = 274;
const long = 4;
const pictureTags = new Set([
  ...[256, 257, 258, 259, 262, 266, stripOffsets, orientation, 277, 278, stripBytes, 284, 292, 293],
  ...[317, 320, 322, 323, 324, 325, 332, 338, 339, 347, 529, 530, 532],
]);

function rewritten(bytes: Uint8Array, view: DataView, found: TiffDirectory): Uint8Array | undefined {
  const { little, big, entryBytes } = found;
  const entries = new Map<number, Uint8Array>();
  for (const { tag, at, valueAt } of found.entries) {
    if (!pictureTags.has(tag) || entries.has(tag)) continue;
    const value = view.getUint16(valueAt, little);
    if (tag === orientation && (value < 1 || value > 8)) continue;
    entries.set(tag, bytes.slice(at, at + entryBytes));
  }
  restoreStripBytes(entries, view, found);
  if (entries.size === 0 || entries.size > found.entries.length) return undefined;
  const sorted = [...entries].sort(([a], [b]) => a - b).map(([, entry]) => entry);
  const out = new Uint8Array(bytes);
  const written = new DataView(out.buffer);
  const start = found.entries[0]!.at;
  if (big) written.setBigUint64(start - 8, BigInt(sorted.length), little);
  else written.setUint16(start - 2, sorted.length, little);
  for (const [i, entry] of sorted.entries()) out.set(entry, start + i * entryBytes);
  out.fill(0, start + sorted.length * entryBytes, start + found.entries.length * entryBytes); // no further pages
  return out;
}

/** Old programs leave out how long their only strip is: it goes to the end of the file. */
function restoreStripBytes(entries: Map<number, Uint8Array>, view: DataView, found: TiffDirectory): void {
  const { little, big } = found;
  const strip = found.entries.find(({ tag }) => tag === stripOffsets);
  const length = found.entries.find(({ tag }) => tag === stripBytes);
  if (big || strip?.count !== 1 || strip.type !== long) return;
  if (length && found.long(length.valueAt) > 0) return;
  const entry = new Uint8Array(12);
  const written = new DataView(entry.buffer);
  written.setUint16(0, stripBytes, little);
  written.setUint16(2, long, little);
  written.setUint32(4, 1, little);
  written.setUint32(8, Math.max(0, view.byteLength - found.long(strip.valueAt)), little);
  entries.set(stripBytes, entry);
}
