/**
 * Whether the blocks of a GIF follow each other up to the end of its first frame: decoders leave the rest of a frame empty
 * without a word where the coded data stops early.
 */
export function isGifWhole(bytes: Uint8Array): boolean {
  const tableBytes = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + tableBytes(bytes[10] ?? 0);
  while (bytes[at] === extension) at = endOfBlocks(bytes, at + 2);
  if (bytes[at] !== frame) return false;
  const end = endOfBlocks(bytes, at + 11 + tableBytes(bytes[at + 9] ?? 0));
  if (end > bytes.length) return false;
  const next = bytes[end];
  return next === undefined || next === extension || next === frame || next === trailer;
}

const extension = 0x21;
const frame = 0x2c;
const trailer = 0x3b;

/** Blocks of up to 255 bytes, each behind its length; an empty one ends them. */
function endOfBlocks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== 0) at += 1 + bytes[at]!;
  return at + 1;
}
