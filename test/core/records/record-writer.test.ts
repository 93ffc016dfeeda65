import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { parse } from 'ndjson';
import { describe, expect, test } from 'vitest';
import { RecordWriter } from '../../../src/core/records/record-writer.js';

const record = (path: string, more = {}) => ({ v: 1 as const, type: 'image', path, ...more });

/** A sink that takes one chunk only when told. */
class SlowSink extends Writable {
  taken = '';
  private release: (() => void) | undefined;

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.taken += chunk;
    this.release = done;
  }

  step(): void {
    this.release?.();
  }
}

describe('RecordWriter', () => {
  test('writes one line a record, readable by the package ndjson', async () => {
    const out = new PassThrough();
    const writer = new RecordWriter(out);
    await writer.write(record('a\u2028b\nc', { deep: [{ x: -0 }] }));
    await writer.end('extract', { in: 0, out: 1, skipped: 0 });
    out.end();
    const text = String(out.read());
    expect(text).not.toMatch(/[\u2028\u2029]/);
    const seen: unknown[] = [];
    const parser = parse();
    parser.on('data', (one) => seen.push(one));
    parser.end(text);
    await once(parser, 'end');
    expect(seen).toEqual([
      record('a\u2028b\nc', { deep: [{ x: 0 }] }),
      { v: 1, type: 'end', command: 'extract', in: 0, out: 1, skipped: 0 },
    ]);
    expect(writer.written).toBe(1);
  });

  test('forwards a text as it is', async () => {
    const out = new PassThrough();
    const writer = new RecordWriter(out);
    await writer.forward('{"id":12345678901234567890,"x":1.0,"x":"\u2028"}');
    await writer.flush();
    expect(String(out.read())).toBe('{"id":12345678901234567890,"x":1.0,"x":"\\u2028"}\n');
  });

  test.each([
    ['NaN', { score: Number.NaN }, '"score" is NaN'],
    [
      'Infinity, deep down',
      { regions: [{ peak: Number.POSITIVE_INFINITY }] },
      '"regions.0.peak" is Infinity',
    ],
    [
      'a typed array',
      { map: new Float32Array(2) },
      '"map" is a Float32Array; tensors travel as tensor references',
    ],
  ])('%s is refused and leaves no trace', async (_, more, message) => {
    const out = new PassThrough();
    const writer = new RecordWriter(out);
    await expect(writer.write(record('a', more))).rejects.toThrow(`image record of a: ${message}`);
    await writer.flush();
    expect(out.read()).toBeNull();
    expect(writer.written).toBe(0);
  });

  test('waits while the reader is slow, and keeps the order', async () => {
    const out = new SlowSink({ highWaterMark: 1024 });
    const writer = new RecordWriter(out);
    let written = 0;
    const writing = (async () => {
      for (; written < 100; written++) await writer.write(record(`${written}`, { pad: 'x'.repeat(2000) }));
      await writer.flush();
    })();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(written).toBeLessThan(20);
    const stepping = setInterval(() => out.step(), 1);
    await writing;
    for (; out.writableLength > 0; ) await new Promise((resolve) => setTimeout(resolve, 2));
    clearInterval(stepping);
    const paths = out.taken
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).path);
    expect(paths).toEqual(Array.from({ length: 100 }, (_, index) => `${index}`));
  });

  test('a lonely record does not wait for company', async () => {
    const out = new PassThrough();
    const writer = new RecordWriter(out);
    await writer.write(record('a'));
    await writer.write(record('b'));
    // Nothing more is written and nothing is flushed: were they held back, this would wait for ever.
    let text = '';
    for (; text.split('\n').length < 3; text += String(out.read() ?? '')) await once(out, 'readable');
    expect(text.split('\n')).toHaveLength(3);
  });

  test('gives up waiting when the output closes or the run is ended', async () => {
    const full = { highWaterMark: 1 };
    const closing = new SlowSink(full);
    const write = new RecordWriter(closing).write(record('a'));
    setTimeout(() => closing.destroy(), 10);
    await expect(write).rejects.toThrow('closed');
    const controller = new AbortController();
    const stuck = new RecordWriter(new SlowSink(full), controller.signal).write(record('a'));
    setTimeout(() => controller.abort(new Error('interrupted')), 10);
    await expect(stuck).rejects.toThrow('interrupted');
  });
});
