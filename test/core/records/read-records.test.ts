import { Readable } from 'node:stream';
import { stringify } from 'ndjson';
import { describe, expect, test } from 'vitest';
import { newTally, type ReadOptions, readRecords } from '../../../src/core/records/read-records.js';
import type { RecordType } from '../../../src/core/records/schemas.js';

const image = (path: string, more = {}) => ({ v: 1, type: 'image', path, ...more });

async function read(input: string | Uint8Array, options: Partial<ReadOptions<RecordType>> = {}) {
  const all = [];
  const stream = Readable.from([Buffer.from(input)]);
  for await (const received of readRecords(stream, { types: ['image'], ...options })) all.push(received);
  return all;
}

describe('readRecords', () => {
  test('validates the wanted types, fills in defaults and keeps unknown keys', async () => {
    const [received] = await read(JSON.stringify(image('a', { mine: { x: 1 } })));
    expect(received).toMatchObject({ wanted: true, line: 1 });
    expect(received!.record).toEqual({ ...image('a'), class: 'default', mine: { x: 1 } });
  });

  test('keeps unknown keys of nested objects', async () => {
    const encoder = { name: 'resnet34', hash: 'ab', mine: 1 };
    const features = [{ dtype: 'float32', shape: [1], data: 'AAAAAA==', mine: 2 }];
    const sizes = { image_hash: 'cd', image_size: [1, 1], input_size: [1, 1] };
    const record = { ...image('a'), type: 'features', ...sizes, encoder, features };
    const [received] = await read(JSON.stringify(record), { types: ['features'] });
    expect(received!.record).toMatchObject(record);
  });

  test('hands on other types unvalidated, with their text', async () => {
    const text = '{"v":1,"type":"score","path":7,"path":8}';
    const [received] = await read(text);
    expect(received).toMatchObject({ wanted: false, text, record: { path: 8 } });
  });

  test('notes in the tally whether the stream was whole', async () => {
    const end = '{"v":1,"type":"end","command":"x","in":0,"out":1,"skipped":0}\n';
    const whole = newTally();
    expect(await read(`${JSON.stringify(image('a'))}\n${end}`, { tally: whole })).toHaveLength(1);
    expect(whole).toMatchObject({ records: 1, lines: 2, skipped: 0, ended: true, miscounted: [] });
    const cut = newTally();
    await read(`${end}${JSON.stringify(image('a'))}\n`, { tally: cut });
    expect(cut.ended).toBe(false);
  });

  test('notes in the tally where an end counts other records than came since the end before', async () => {
    const end = '{"v":1,"type":"end","command":"x","in":0,"out":1,"skipped":0}\n';
    const one = `${JSON.stringify(image('a'))}\n`;
    const of = async (text: string) => {
      const tally = newTally();
      await read(text, { tally });
      return tally.miscounted;
    };
    expect(await of(one + end + one + end)).toEqual([]);
    expect(await of(one + one + end + one + end)).toEqual([{ line: 3, counted: 1, came: 2 }]);
    expect(await of(one + end + one + one + end)).toEqual([{ line: 5, counted: 1, came: 2 }]);
    expect(await of(`${end}{"v":1,"type":"weather"}\n${one}${end}`)).toEqual([
      { line: 1, counted: 1, came: 0 },
      { line: 4, counted: 1, came: 2 },
    ]);
  });

  test('gives class names one spelling', async () => {
    const [received] = await read(JSON.stringify({ ...image('a'), class: 'Pru\u0308fling' }));
    expect(received!.record.class).toBe('Pr\u00fcfling');
  });

  test('an end record without counts is malformed', async () => {
    await expect(read('{"v":1,"type":"end"}')).rejects.toThrow('end record, "command" is missing');
  });

  test('makes records of bare lines when told how, bytes and all', async () => {
    const input = Buffer.from('a.png\r\n{"v":1,"type":"image","path":"b"}\nc\xff\n', 'latin1');
    const bareLine = (bytes: Buffer) => image('x', { path_b64: bytes.toString('base64') });
    const received = await read(input, { bareLine });
    const raw = received.map(
      ({ record }) => record.path_b64 && Buffer.from(String(record.path_b64), 'base64'),
    );
    expect(raw).toEqual([Buffer.from('a.png'), undefined, Buffer.from('c\xff', 'latin1')]);
  });

  test('a record after a byte order mark is no bare line', async () => {
    const bareLine = () => image('wrong');
    const [received] = await read(`\ufeff${JSON.stringify(image('right'))}`, { bareLine });
    expect(received!.record.path).toBe('right');
  });

  test('skips malformed lines and reports each, when told to', async () => {
    const said: string[] = [];
    const onSkip = (error: Error) => said.push(error.message);
    const input = `x\n${JSON.stringify(image('a'))}\n{"v":1,"type":"image","path":1}\n`;
    expect(await read(input, { onBadLine: 'skip', onSkip })).toHaveLength(1);
    expect(said).toEqual([
      `line 1 (byte 0): not JSON: Unexpected token 'x'`,
      'line 3 (byte 36): image record, "path": expected string, found number',
    ]);
  });

  test.each([
    '{"v":1,"type":"image","path":"a","__proto__":{"polluted":1}}',
    '{"type":"x","a":[{"\\u005f_proto__":1}]}',
  ])('%s is refused, and no prototype is touched', async (text) => {
    await expect(read(text)).rejects.toThrow('the key "__proto__" is not allowed');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('constructor.prototype is a key like any other', async () => {
    const [received] = await read(
      '{"v":1,"type":"image","path":"a","constructor":{"prototype":{"polluted":1}}}',
    );
    expect(Object.hasOwn(received!.record, 'constructor')).toBe(true);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('duplicate keys: the last one counts; lone surrogates stay', async () => {
    const [received] = await read('{"v":1,"type":"image","path":"a","path":"\\ud800"}');
    expect(received!.record.path).toBe('\ud800');
  });

  test.each([
    ['the start', Buffer.from('\xff', 'latin1'), 0],
    ['a cut character', Buffer.from('ab\xe2\x82', 'latin1'), 2],
    ['the middle', Buffer.from('a\u20ac\u20acb\xc0\u20ac'.replaceAll('\u20ac', '\xe2\x82\xac'), 'latin1'), 8],
    ['a stray continuation', Buffer.from('abc\x80\x80\x80\x80', 'latin1'), 3],
    ['an encoded surrogate', Buffer.from('a\xed\xa0\x80', 'latin1'), 1],
  ])('invalid UTF-8 at %s is reported with its byte', async (_, bytes, at) => {
    const input = Buffer.concat([Buffer.from('{}\n'), bytes]);
    const said: string[] = [];
    await read(input, { onBadLine: 'skip', onSkip: ({ message }) => said.push(message) });
    expect(said[1]).toBe(`line 2 (byte ${3 + at}): not UTF-8`);
  });

  test('64 levels are read, 65 are not', async () => {
    const nested = (levels: number) => `{"type":"x","a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    expect(await read(nested(64))).toHaveLength(1);
    await expect(read(nested(65))).rejects.toThrow('nested deeper than 64 levels');
  });

  test('an aborted signal ends the reading with its reason', async () => {
    const controller = new AbortController();
    const stream = new Readable({ read() {} });
    const reading = readRecords(stream, { types: ['image'], signal: controller.signal }).next();
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(reading).rejects.toThrow('enough');
    expect(stream.destroyed).toBe(true);
  });

  test('reads what the package ndjson writes', async () => {
    const writer = stringify();
    writer.write(image('a\u2028b'));
    const [received] = await read(String(writer.read()));
    expect(received!.record.path).toBe('a\u2028b');
  });
});
