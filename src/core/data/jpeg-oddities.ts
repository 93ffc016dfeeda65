/**
 * A JPEG without what decoders warn of although the picture is whole: segments of applications with odd contents, bytes
 * between the segments of the header, an unknown JFIF revision, and progressive parameters in a sequential scan, which
 * some cameras write. The coded picture stays as it is, so that damage is still found.
 *
 * @returns undefined where the segments cannot be followed
 */
export function withoutHarmlessOddities(bytes: Uint8Array): Uint8Array | undefined {
  const parts: Uint8Array[] = [bytes.subarray(0, 2)];
  let sequential = false;
  for (let at = 2; ; ) {
    while (at < bytes.length && bytes[at] !== 0xff) at++;
    while (bytes[at + 1] === 0xff) at++;
    const marker = bytes[at + 1];
    if (marker === undefined) return undefined;
    if (marker === endOfImage) {
      parts.push(bytes.subarray(at, at + 2));
      return Buffer.concat(parts);
    }
    const end = at + 2 + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
    if (end < at + 4 || end > bytes.length) return undefined;
    const segment = bytes.subarray(at, end);
    if (marker === 0xc0 || marker === 0xc1) sequential = true;
    if (marker === startOfScan && sequential) parts.push(asSequential(segment));
    else if (marker === 0xe0) parts.push(asKnownRevision(segment));
    else if (!isApplications(marker) || isColourTransform(marker, segment)) parts.push(segment);
    at = marker === startOfScan ? endOfScan(bytes, end) : end;
    if (at > end) parts.push(bytes.subarray(end, at));
  }
}

const startOfScan = 0xda;
const endOfImage = 0xd9;

/** APP1 to APP15 and comments. */
function isApplications(marker: number): boolean {
  return (marker >= 0xe1 && marker <= 0xef) || marker === 0xfe;
}

/** Adobe's segment, when it names one of the three known colour transforms. */
function isColourTransform(marker: number, segment: Uint8Array): boolean {
  const name = Buffer.from(segment.subarray(4, 9)).toString('latin1');
  return marker === 0xee && name === 'Adobe' && segment.length >= 16 && segment[15]! <= 2;
}

function asKnownRevision(segment: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(segment);
  if (copy.length >= 11) copy.set([1, 2], 9);
  return copy;
}

function asSequential(segment: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(segment);
  copy.set([0, 63, 0], copy.length - 3);
  return copy;
}

/** Coded data runs up to the next marker that is neither a stuffed byte nor a restart. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 1 < bytes.length; at++) {
    if (bytes[at] !== 0xff) continue;
    const next = bytes[at + 1]!;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return bytes.length;
}
