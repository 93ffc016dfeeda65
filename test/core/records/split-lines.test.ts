import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitLines } from '../../../src/core/records/split-lines.js';

async function* chunked(bytes: Uint8Array, cuts: number[]) {
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < edges.length; i++) yield bytes.subarray(edges[i - 1], edges[i]);
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

/** The plain definition: cut after every 0x0A, drop what is empty behind the last one. */
function expected(bytes: Uint8Array): string[] {
  const parts = Buffer.from(bytes).toString('latin1').split('\n');
  return parts.at(-1) === '' ? parts.slice(0, -1) : parts;
}

const byte = fc.oneof(fc.constant(0x0a), fc.constant(0x0d), fc.constantFrom(0xe2, 0x80, 0xa8), fc.nat(255));
const anyBytes = fc.array(byte, { maxLength: 40 }).map((list) => Uint8Array.from(list));

test('any chunking of any bytes gives the lines that a split at 0x0A gives, with their offsets', async () => {
  await fc.assert(
    fc.asyncProperty(anyBytes, fc.array(fc.nat(), { maxLength: 6 }), async (bytes, cuts) => {
      const lines = await collect(splitLines(chunked(bytes, cuts)));
      expect(lines.map((line) => line.bytes.toString('latin1'))).toEqual(expected(bytes));
      expect(lines.map(({ line }) => line)).toEqual(lines.map((_, index) => index + 1));
      for (const { bytes: taken, offset } of lines) {
        expect(
          Buffer.from(bytes)
            .subarray(offset, offset + taken.length)
            .equals(taken),
        ).toBe(true);
      }
    }),
    { numRuns: 20_000 },
  );
});

test('a line of exactly the cap passes, one byte more does not, whatever the chunks', async () => {
  for (const cuts of [[], [5], [1, 9, 10]]) {
    const fits = Buffer.from(`${'x'.repeat(10)}\n${'y'.repeat(10)}`);
    expect(await collect(splitLines(chunked(fits, cuts), 10))).toHaveLength(2);
    const long = Buffer.from(`a\n${'x'.repeat(11)}\n`);
    await expect(collect(splitLines(chunked(long, cuts), 10))).rejects.toThrow(
      'line 2 (byte 2): longer than 10',
    );
  }
});

test('a line without end is refused before it fills memory', async () => {
  let given = 0;
  async function* endless() {
    for (; ; given++) yield Buffer.alloc(1024, 'x');
  }
  await expect(collect(splitLines(endless(), 10_000))).rejects.toThrow('longer than 10000 bytes');
  expect(given).toBeLessThan(12);
});
