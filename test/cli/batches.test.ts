import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { inBatches } from '../../src/cli/batches.js';

async function* numbers(count: number, pauseAfter?: number) {
  for (let i = 0; i < count; i++) {
    if (i === pauseAfter) await sleep(60);
    yield i;
  }
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

describe('inBatches', () => {
  test.each([
    [0, 3, []],
    [3, 3, [[0, 1, 2]]],
    [4, 3, [[0, 1, 2], [3]]],
    [2, 1, [[0], [1]]],
  ])('%i elements in batches of %i', async (count, size, batches) => {
    expect(await collect(inBatches(numbers(count), size))).toEqual(batches);
  });

  test('a source that pauses does not keep its elements waiting', async () => {
    expect(await collect(inBatches(numbers(4, 2), 8, 20))).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test('what came before an error comes out before the error', async () => {
    async function* failing() {
      yield* numbers(2);
      throw new Error('cut');
    }
    const seen: number[][] = [];
    const reading = (async () => {
      for await (const batch of inBatches(failing(), 8)) seen.push(batch);
    })();
    await expect(reading).rejects.toThrow('cut');
    expect(seen).toEqual([[0, 1]]);
  });

  test('reads no further ahead than one element', async () => {
    let given = 0;
    async function* counted() {
      for (;;) {
        given += 1;
        yield given;
      }
    }
    for await (const batch of inBatches(counted(), 4)) {
      await sleep(5);
      if (batch.includes(8)) break;
    }
    expect(given).toBeLessThanOrEqual(9);
  });

  test('leaving early lets go of the source without waiting for it', async () => {
    let closed = false;
    async function* source() {
      try {
        yield 1;
        yield 2;
      } finally {
        closed = true;
      }
    }
    for await (const _ of inBatches(source(), 1)) break;
    await sleep(1);
    expect(closed).toBe(true);
  });
});
