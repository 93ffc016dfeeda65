import { DataError } from '../errors.js';

/** One line of a byte stream, without its line feed. */
export interface ByteLine {
  bytes: Buffer;
  /** Counted from 1. */
  line: number;
  /** Byte offset of the line's first byte in the stream. */
  offset: number;
  /** Whether the input stopped in this line: no line feed came. */
  isOpen?: boolean;
}

/** 16 MiB: room for any record with inline tensors, and far from V8's longest string. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

const LF = 0x0a;

/**
 * Splits a byte stream at 0x0A and nowhere else: `node:readline` also splits at U+2028, which JSON leaves raw, and
 * string splitters cannot say at which byte a line began. The last line may lack its line feed.
 * @throws DataError on a line longer than `maxBytes`
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array | string>,
  maxBytes = MAX_LINE_BYTES,
): AsyncGenerator<ByteLine> {
  let pieces: Buffer[] = [];
  let held = 0;
  let line = 1;
  let offset = 0;

  const take = (last: Buffer): ByteLine => {
    const bytes = pieces.length === 0 ? last : Buffer.concat([...pieces, last]);
    const taken = { bytes, line, offset };
    pieces = [];
    held = 0;
    line += 1;
    offset += bytes.length + 1;
    return taken;
  };

  for await (const chunk of chunks) {
    const buffer = asBuffer(chunk);
    let start = 0;
    for (let end = buffer.indexOf(LF); end >= 0; end = buffer.indexOf(LF, start)) {
      if (held + end - start > maxBytes) throw tooLong(line, offset, maxBytes);
      yield take(buffer.subarray(start, end));
      start = end + 1;
    }
    if (start === buffer.length) continue;
    pieces.push(buffer.subarray(start));
    held += buffer.length - start;
    if (held > maxBytes) throw tooLong(line, offset, maxBytes);
  }
  if (held > 0) yield { ...take(Buffer.alloc(0)), isOpen: true };
}

function asBuffer(chunk: Uint8Array | string): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

function tooLong(line: number, offset: number, maxBytes: number): DataError {
  return new DataError(
    `line ${line} (byte ${offset}): longer than ${maxBytes} bytes; is this really NDJSON, one record a line?`,
  );
}
