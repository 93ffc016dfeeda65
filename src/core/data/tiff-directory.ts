/** An entry of a directory. */
export interface TiffEntry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** Where the entry begins. */
  readonly at: number;
  /** Where its value, or the offset of a long one, lies. */
  readonly valueAt: number;
}

/** The first directory of a TIFF or BigTIFF. */
export interface TiffDirectory {
  readonly little: boolean;
  readonly big: boolean;
  readonly entries: readonly TiffEntry[];
  readonly entryBytes: number;
  /** Bytes of a value that stand in the entry itself. */
  readonly inlineBytes: number;
  /** Reads an offset or a count. */
  long(at: number): number;
}

/**
 * Reads the entries of the first directory, not their values.
 *
 * @returns undefined for what is no TIFF
 * @throws RangeError where it is cut off
 */
export function tiffDirectory(view: DataView): TiffDirectory | undefined {
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return undefined;
  const little = order === 0x4949;
  const kind = view.getUint16(2, little);
  if (kind !== 42 && kind !== 43) return undefined;
  const big = kind === 43;
  const long = (at: number) => (big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
  const start = long(big ? 8 : 4);
  const count = big ? long(start) : view.getUint16(start, little);
  const [entriesAt, entryBytes, toValue] = big ? [start + 8, 20, 12] : [start + 2, 12, 8];
  const entries = Array.from({ length: Math.min(count, 4096) }, (_, i) => {
    const at = entriesAt + i * entryBytes;
    const [tag, type] = [view.getUint16(at, little), view.getUint16(at + 2, little)];
    return { tag, type, count: long(at + 4), at, valueAt: at + toValue };
  });
  return { little, big, entries, entryBytes, inlineBytes: entryBytes - toValue, long };
}
