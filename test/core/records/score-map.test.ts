import { expect, test } from 'vitest';
import { scoreMap } from '../../../src/core/records/score-map.js';
import { inlineTensor } from '../../../src/core/records/tensor-ref.js';

const map = (shape: number[]) => ({ dtype: 'float32' as const, shape, file: 'absent.bin', offset: 0 });

test('a map is read with its sides', async () => {
  const record = { path: 'a', map: inlineTensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]) };
  expect(await scoreMap(record)).toEqual({ width: 3, height: 2, data: Float32Array.of(1, 2, 3, 4, 5, 6) });
});

test.each([[[16_384, 16_384]], [[1, 2 ** 25]], [[1e15, 1e15]]])(
  'a map of %j is refused before it is read',
  async (shape) => {
    await expect(scoreMap({ path: 'a.png', map: map(shape) })).rejects.toThrow(
      /a\.png: its map is .*at most 16777216/,
    );
  },
);

test.each([[[4]], [[2, 2, 1]], [[0, 7]], [[1e15, 0]], [[]]])('a tensor of %j is no map', async (shape) => {
  await expect(scoreMap({ path: 'a.png', map: map(shape) })).rejects.toThrow('expected [height,width]');
});
