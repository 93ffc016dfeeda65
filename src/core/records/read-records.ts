import type { Readable } from 'node:stream';
import type { z } from 'zod';
import { DataError } from '../errors.js';
import { nameForm } from './name-form.js';
import { type JsonObject, lineText, parseObject } from './parse-line.js';
import type { AnyRecord, RecordType, recordSchemas } from './schemas.js';
import { type ByteLine, MAX_LINE_BYTES, splitLines } from './split-lines.js';

export type RecordOf<K extends RecordType> = z.infer<(typeof recordSchemas)[K]>;

/** A record that was asked for, validated; or any other one, with the very text it came in. */
export type Received<K extends RecordType> =
  | { wanted: true; record: RecordOf<K>; line: number; text: string }
  | { wanted: false; record: AnyRecord; line: number; text: string };

/** What a reader has seen so far; the caller may look at any time. */
export interface ReadTally {
  /** Records of the wanted types. */
  records: number;
  /** Lines that were not blank. */
  lines: number;
  /** Malformed lines passed over under `onBadLine: 'skip'`. */
  skipped: number;
  /** Whether the last line so far was an `end` record, that is, whether the stream is whole. */
  ended: boolean;
  /** Lines since the last `end` record, or since the start. */
  sinceEnd: number;
  /** Streams that were joined, and whose end counts other records than came since the end before. */
  miscounted: Miscount[];
}

/** An `end` record at odds with what it ends. */
export interface Miscount {
  line: number;
  /** Records that it counts. */
  counted: number;
  /** Lines that came. */
  came: number;
}

export interface ReadOptions<K extends RecordType> {
  types: readonly K[];
  /** What to do with a malformed line; `fail` unless told. */
  onBadLine?: 'fail' | 'skip';
  onSkip?: (error: DataError) => void;
  /** Makes a record of a line that does not begin with `{`, e.g. of a path; without it such lines are malformed. */
  bareLine?: (bytes: Buffer, line: number) => JsonObject;
  tally?: ReadTally;
  signal?: AbortSignal;
  maxLineBytes?: number;
}

export function newTally(): ReadTally {
  return { records: 0, lines: 0, skipped: 0, ended: false, sinceEnd: 0, miscounted: [] };
}

/**
 * Reads NDJSON records. Blank lines are skipped, `end` records are noted in the tally and not handed on. Records of the
 * wanted types are validated and get their defaults; unknown keys stay. Others come through untouched.
 * @throws DataError at a malformed line (unless skipped) and, always, at a line beyond the cap
 */
export async function* readRecords<K extends RecordType>(
  stream: Readable,
  options: ReadOptions<K>,
): AsyncGenerator<Received<K>> {
  const { types, onBadLine = 'fail', onSkip, tally = newTally(), signal } = options;
  const stop = () => {
    // Nobody may be reading just now: the failure is the signal's, not the stream's.
    stream.on('error', () => {});
    stream.destroy(signal?.reason);
  };
  signal?.throwIfAborted();
  signal?.addEventListener('abort', stop, { once: true });
  const validate = await validatorOf(types);
  try {
    for await (const raw of splitLines(stream, options.maxLineBytes ?? MAX_LINE_BYTES)) {
      if (isBlank(raw.bytes)) continue;
      tally.lines += 1;
      tally.sinceEnd += 1;
      // Whatever comes now comes after it, also a line that cannot be read.
      tally.ended = false;
      try {
        const received = receive(raw, options.bareLine, validate);
        if (received.record.type === 'end') {
          noteEnd(tally, received);
          continue;
        }
        if (received.wanted) tally.records += 1;
        yield received as Received<K>;
      } catch (error) {
        if (onBadLine === 'fail' || !(error instanceof DataError)) throw error;
        tally.skipped += 1;
        onSkip?.(error);
      }
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function noteEnd(tally: ReadTally, { record, line }: Loose): void {
  const came = tally.sinceEnd - 1;
  const counted = record.out as number;
  if (came !== counted) tally.miscounted.push({ line, counted, came });
  tally.ended = true;
  tally.sinceEnd = 0;
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

type Validate = (object: JsonObject, where: string) => AnyRecord | undefined;
type Loose = { wanted: boolean; record: AnyRecord; line: number; text: string };

function receive(raw: ByteLine, bareLine: ReadOptions<RecordType>['bareLine'], validate: Validate): Loose {
  const where = `line ${raw.line} (byte ${raw.offset})`;
  if (bareLine && !startsObject(raw)) {
    const object = bareLine(withoutCr(raw.bytes), raw.line);
    const record = validate(object, where);
    return {
      wanted: record !== undefined,
      record: record ?? (object as AnyRecord),
      line: raw.line,
      text: '',
    };
  }
  const text = lineText(raw);
  const object = parseObject(text, raw);
  if (typeof object.type !== 'string') {
    throw new DataError(`${where}: no "type" field; every record has one, e.g. {"v":1,"type":"image",…}`);
  }
  const record = validate(object, where);
  return { wanted: record !== undefined, record: record ?? (object as AnyRecord), line: raw.line, text };
}

const OPEN_BRACE = 0x7b;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

function startsObject({ bytes, line }: ByteLine): boolean {
  const hasMark = line === 1 && BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte);
  let first = hasMark ? 3 : 0;
  while (bytes[first] === 0x20 || bytes[first] === 0x09) first += 1;
  return bytes[first] === OPEN_BRACE;
}

function withoutCr(bytes: Buffer): Buffer {
  return bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
}

/** Checks the records of the wanted types against their schemas; zod is loaded here and not before. */
async function validatorOf(types: readonly RecordType[]): Promise<Validate> {
  const { recordSchemas } = await import('./schemas.js');
  const wanted = new Set<string>(types);
  return (object, where) => {
    const type = object.type as string;
    if (!Object.hasOwn(recordSchemas, type)) return undefined;
    checkVersion(object, where);
    if (!wanted.has(type) && type !== 'end') return undefined;
    return validated(recordSchemas[type as RecordType], object, where) as AnyRecord;
  };
}

function checkVersion(object: JsonObject, where: string): void {
  if (object.v === 1) return;
  const found = object.v === undefined ? 'no "v" field' : `version ${JSON.stringify(object.v)}`;
  throw new DataError(`${where}: ${object.type} record with ${found}; this mambaad reads version 1 ("v":1)`);
}

/** The object itself, completed with defaults: zod's own result drops unknown keys of nested objects. */
function validated<S extends z.ZodType>(schema: S, object: JsonObject, where: string): z.infer<S> {
  const result = schema.safeParse(object);
  if (!result.success) {
    throw new DataError(`${where}: ${object.type} record, ${complaint(result.error.issues[0]!, object)}`);
  }
  const completed = result.data as JsonObject;
  for (const key in completed) if (!Object.hasOwn(object, key)) object[key] = completed[key];
  if (typeof object.class === 'string') object.class = nameForm(object.class);
  return object as z.infer<S>;
}

function complaint({ path, message }: z.core.$ZodIssue, object: JsonObject): string {
  const at = path.join('.');
  const found = path.reduce<unknown>(
    (value, key) => (value as JsonObject | undefined)?.[key as string],
    object,
  );
  if (found === undefined) return `"${at}" is missing`;
  return `"${at}": ${message.replace(/^Invalid input: /, '').replace('received', 'found')}`;
}
