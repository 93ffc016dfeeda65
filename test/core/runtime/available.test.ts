import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Available } from '../../../src/core/runtime/available.js';

test('nothing is used twice at a time, and who waits is served in line', async () => {
  const lanes = new Available(['a', 'b']);
  const taken = new Set<string>();
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 7 }, (_, i) =>
      lanes.use(async (lane) => {
        expect(taken.has(lane)).toBe(false);
        taken.add(lane);
        order.push(i);
        await setTimeout(5);
        taken.delete(lane);
      }),
    ),
  );
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('what failed can be used again', async () => {
  const lanes = new Available(['only']);
  await expect(lanes.use(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await lanes.use((lane) => lane)).toBe('only');
});

test('an item may be nothing but a turn', async () => {
  const turn = new Available([undefined]);
  expect(await turn.use((item) => [item])).toEqual([undefined]);
});
