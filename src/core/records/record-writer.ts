import type { Writable } from 'node:stream';
import { stringify } from 'ndjson';
import { DataError } from '../errors.js';
import type { AnyRecord, EndRecord } from './schemas.js';

/** Bytes gathered before a write, so that many small records do not cost a system call each. */
const BATCH_CHARS = 16 * 1024;

/** A record waits for company at most this long. */
const BATCH_MS = 5;

/**
 * Writes records as NDJSON and waits when the reader is slow.
 *
 * The serialiser is the package `ndjson`, used one object at a time: it answers synchronously, which keeps order and
 * back-pressure in this class. Its reader is not used: it cannot name the byte of a fault nor go on after one.
 */
export class RecordWriter {
  /** Records written, the `end` record not counted. */
  written = 0;
  private readonly serialiser = stringify();
  private pending = '';
  private flushedAt = 0;
  private timer: NodeJS.Timeout | undefined;
  private discarding = false;

  constructor(
    private readonly out: Writable,
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * Writes one record; resolves when there is room for the next.
   * @throws DataError on NaN, Infinity and typed arrays, which JSON would silently turn into something else
   */
  async write(record: AnyRecord): Promise<void> {
    const text = this.serialise(record);
    this.written += 1;
    await this.push(text);
  }

  /** Writes a record in the very text it came in: digits, key order and duplicates stay. */
  async forward(text: string): Promise<void> {
    this.written += 1;
    await this.push(`${escapeSeparators(text)}\n`);
  }

  /** Writes the `end` record and flushes. */
  async end(command: string, counts: Pick<EndRecord, 'in' | 'out' | 'skipped'>): Promise<void> {
    await this.push(this.serialise({ v: 1, type: 'end', command, ...counts }));
    await this.flush();
  }

  /** From now on records are counted and go nowhere: nobody reads any more. */
  discard(): void {
    this.discarding = true;
    this.pending = '';
  }

  /** Hands everything gathered to the stream; resolves when the stream has room again. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const text = this.pending;
    this.pending = '';
    this.flushedAt = performance.now();
    this.signal?.throwIfAborted();
    if (this.discarding || text === '' || this.out.write(text)) return;
    await this.room();
  }

  private serialise(record: AnyRecord): string {
    const fault = unfitPart(record, '');
    if (fault) throw new DataError(`${describe(record)}: ${fault}`);
    this.serialiser.write(record);
    return escapeSeparators(this.serialiser.read() as string);
  }

  private async push(text: string): Promise<void> {
    this.pending += text;
    if (this.pending.length >= BATCH_CHARS || performance.now() - this.flushedAt >= BATCH_MS) {
      return this.flush();
    }
    // A failing stream is reported by its own 'error' event; the timer has nobody to tell.
    this.timer ??= setTimeout(() => this.flush().catch(() => {}), BATCH_MS);
  }

  /** Waits for `drain`, and gives up when the stream closes or the run is ended. */
  private room(): Promise<void> {
    const { out, signal } = this;
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown) => {
        out.off('drain', onDrain).off('close', onClose).off('error', onError);
        signal?.removeEventListener('abort', onAbort);
        if (error === undefined || this.discarding) resolve();
        else reject(error);
      };
      const onDrain = () => settle();
      const onClose = () => settle(new Error('the output was closed'));
      const onError = (error: Error) => settle(error);
      const onAbort = () => settle(signal?.reason);
      out.on('drain', onDrain).on('close', onClose).on('error', onError);
      signal?.addEventListener('abort', onAbort);
    });
  }
}

/** U+2028 and U+2029 are legal in JSON, and line breaks for some readers. */
function escapeSeparators(text: string): string {
  return text.replace(/[\u2028\u2029]/g, (char) => (char === '\u2028' ? '\\u2028' : '\\u2029'));
}

function describe({ type, path }: AnyRecord): string {
  return typeof path === 'string' ? `${type} record of ${path}` : `${type} record`;
}

/** Says which part of a value JSON cannot hold. */
function unfitPart(value: unknown, path: string): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `"${path}" is ${value}`;
  if (typeof value !== 'object' || value === null) return undefined;
  if (ArrayBuffer.isView(value))
    return `"${path}" is a ${value.constructor.name}; tensors travel as tensor references`;
  for (const key of Object.keys(value)) {
    const part = (value as Record<string, unknown>)[key];
    // Most values are strings; asking here saves a call and a path for each.
    if (typeof part === 'string') continue;
    const fault = unfitPart(part, path ? `${path}.${key}` : key);
    if (fault) return fault;
  }
  return undefined;
}
