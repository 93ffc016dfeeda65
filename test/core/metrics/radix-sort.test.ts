import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GrowingKeys } from '../../../src/core/metrics/growing-keys.js';
import { sortKeys, sortKeysWithPayload } from '../../../src/core/metrics/radix-sort.js';
import { firstWhere, keysOf, scoreOf } from '../../../src/core/metrics/score-keys.js';

const keyArrays = fc.oneof(
  fc.uint32Array({ maxLength: 300 }),
  fc.uint32Array({ maxLength: 300, min: 0x3f80_0000, max: 0x3f80_0fff }),
  fc.uint32Array({ maxLength: 300, max: 3 }),
);

test('sorted keys are what the built-in sort makes of all chunks together', () => {
  fc.assert(
    fc.property(fc.array(keyArrays, { maxLength: 4 }), (chunks) => {
      const expected = Uint32Array.from(chunks.flatMap((chunk) => [...chunk])).sort();
      expect(sortKeys(chunks)).toEqual(expected);
    }),
  );
});

test('a payload stays with its key, and equal keys keep their order', () => {
  fc.assert(
    fc.property(keyArrays, (keys) => {
      const numbers = keys.map((_, i) => i);
      const sorted = sortKeysWithPayload([keys], [numbers]);
      const expected = [...numbers].sort((a, b) => keys[a]! - keys[b]! || a - b);
      expect([...sorted.payload]).toEqual(expected);
      expect([...sorted.keys]).toEqual(expected.map((i) => keys[i]));
    }),
  );
});

test('keys order float32 scores as numbers are ordered, and turn back into them', () => {
  const scores = fc.float32Array({ noNaN: true, minLength: 2, maxLength: 50 });
  fc.assert(
    fc.property(scores, (values) => {
      const keys = new Uint32Array(values.length);
      keysOf(values, keys);
      for (let i = 1; i < values.length; i++) {
        expect(Math.sign(keys[i]! - keys[i - 1]!)).toBe(
          values[i]! > values[i - 1]! ? 1 : values[i]! < values[i - 1]! ? -1 : 0,
        );
        expect(scoreOf(keys[i]!) === values[i]).toBe(true);
      }
    }),
  );
});

test('the first key for which a rising condition holds is found, or the end', () => {
  const sorted = new Uint32Array(5);
  keysOf(Float32Array.of(-2, -1, 0, 1, 1), sorted);
  expect([-3, -1, 0.5, 1, 2].map((t) => firstWhere(sorted, (score) => score >= t))).toEqual([0, 1, 3, 3, 5]);
});

test('keys that grow by pieces come back in order', () => {
  const keys = new GrowingKeys();
  const expected: number[] = [];
  for (let i = 0; i < 600_000; i += 1000) {
    const piece = Uint32Array.from({ length: 1000 }, (_, j) => i + j);
    if (i % 3000 === 0) for (const key of piece) keys.push(key);
    else keys.append(piece);
    expected.push(...piece);
  }
  expect(keys.chunks().flatMap((chunk) => [...chunk])).toEqual(expected);
  keys.clear();
  expect(keys.chunks().flatMap((chunk) => [...chunk])).toEqual([]);
});
