import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inGroups, inOrder } from '../../../src/core/data/in-order.js';

async function* numbers(count: number, pause = 0) {
  for (let i = 0; i < count; i++) {
    if (pause) await delay(pause);
    yield i;
  }
}

async function all<A>(source: AsyncIterable<A>): Promise<A[]> {
  const items: A[] = [];
  for await (const item of source) items.push(item);
  return items;
}

test('results keep the order of their items, whatever each takes, with at most so many in flight', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(3), { maxLength: 30 }),
      fc.integer({ min: 1, max: 8 }),
      async (times, inFlight) => {
        let [running, most] = [0, 0];
        const work = async (i: number) => {
          most = Math.max(most, ++running);
          await delay(times[i]!);
          running--;
          return i;
        };
        expect(await all(inOrder(numbers(times.length), work, inFlight))).toEqual(times.map((_, i) => i));
        expect(most).toBeLessThanOrEqual(inFlight);
      },
    ),
    { numRuns: 30 },
  );
});

test('several items are really in flight', async () => {
  let [running, most] = [0, 0];
  const work = async () => {
    most = Math.max(most, ++running);
    await delay(5);
    running--;
  };
  await all(inOrder(numbers(20), work, 4));
  expect(most).toBe(4);
});

test('a failing item fails in its turn, after the results before it', async () => {
  const seen: number[] = [];
  const work = async (i: number) => {
    if (i === 3) throw new Error('third');
    await delay(10);
    return i;
  };
  const run = async () => {
    for await (const i of inOrder(numbers(10), work, 5)) seen.push(i);
  };
  await expect(run()).rejects.toThrow('third');
  expect(seen).toEqual([0, 1, 2]);
});

test('a reader that stops ends the source', async () => {
  let ended = false;
  async function* source() {
    try {
      yield* numbers(1000);
    } finally {
      ended = true;
    }
  }
  for await (const _ of inOrder(source(), async (i) => i, 3)) break;
  await delay(5);
  expect(ended).toBe(true);
});

test('groups are full when items come fast, and none is lost', async () => {
  expect(await all(inGroups(numbers(7), 3))).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  expect(await all(inGroups(numbers(0), 3))).toEqual([]);
});

test('an item of a slow source goes out without waiting for a full group', async () => {
  expect(await all(inGroups(numbers(3, 60), 8, 20))).toEqual([[0], [1], [2]]);
});

test('what came before a failure is handed out before it', async () => {
  async function* source() {
    yield 1;
    yield 2;
    throw new Error('cut');
  }
  const groups = inGroups(source(), 8);
  expect(await groups.next()).toMatchObject({ value: [1, 2] });
  await expect(groups.next()).rejects.toThrow('cut');
});
