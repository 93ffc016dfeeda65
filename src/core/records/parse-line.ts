import { isUtf8 } from 'node:buffer';
import { DataError } from '../errors.js';
import type { ByteLine } from './split-lines.js';

/** A JSON object of a line, before anybody has looked at its fields. */
export type JsonObject = { [key: string]: unknown };

/** Deeper nesting than any record needs; keeps recursive code of ours and of later programs off the stack's end. */
export const MAX_DEPTH = 64;

const BOM = '\ufeff';

/**
 * Text of a line, without a trailing CR and, on the first line, without a byte order mark.
 * @throws DataError naming the first byte that is not UTF-8
 */
export function lineText({ bytes, line, offset }: ByteLine): string {
  if (!isUtf8(bytes)) {
    throw new DataError(`line ${line} (byte ${offset + firstBadByte(bytes)}): not UTF-8`);
  }
  const text = bytes.toString('utf8');
  const start = line === 1 && text.startsWith(BOM) ? 1 : 0;
  return text.slice(start, text.endsWith('\r') ? -1 : undefined);
}

/**
 * Parses the text of a line as a JSON object. Duplicate keys keep the last value, as JSON.parse does. Refused are
 * nesting beyond `MAX_DEPTH`, numbers beyond float64, and the key `__proto__`, which code down the line might assign.
 * @throws DataError with line and byte offset
 */
export function parseObject(text: string, { line, offset, isOpen }: ByteLine): JsonObject {
  const where = `line ${line} (byte ${offset})`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const cut = isOpen ? '; the input stops in the middle of this line' : '';
    throw new DataError(`${where}: not JSON: ${reason(error)}${cut}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DataError(`${where}: expected a JSON object, found ${kindOf(value)}`);
  }
  const complaint = unsafePart(value, 1);
  if (complaint) throw new DataError(`${where}: ${complaint}`);
  return value as JsonObject;
}

function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // V8 quotes the text around the fault; a line may be megabytes and may hold anything.
  const bare = message.replace(/,? ?(\.{3})?"[\s\S]*" is not valid JSON$/, '');
  return bare.replace(/ \(line \d+ column \d+\)$/, '');
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

function unsafePart(value: object, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH} levels`;
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return 'the key "__proto__" is not allowed';
    const part = (value as JsonObject)[key];
    if (typeof part === 'number' && !Number.isFinite(part)) return `the number at "${key}" is too large`;
    const complaint = typeof part === 'object' && part !== null ? unsafePart(part, depth + 1) : undefined;
    if (complaint) return complaint;
  }
  return undefined;
}

/** Index of the first byte at which the bytes stop being UTF-8: the longest valid prefix, by bisection. */
function firstBadByte(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isUtf8(bytes.subarray(0, characterStart(bytes, middle)))) good = middle;
    else bad = middle;
  }
  return characterStart(bytes, good);
}

/** Moves an index back to the start of the character it lies in, so that a cut does not make a fault of its own. */
function characterStart(bytes: Buffer, index: number): number {
  let start = index;
  while (start > 0 && index - start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}
