import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stepSizes } from '../../src/cli/compute-flags.js';
import { trainTiny } from '../tiny.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'train-defaults-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a step takes four images in shards of two on a processor, and sixteen at once on a GPU', () => {
  expect(stepSizes({ kind: 'cpu' }, {})).toEqual({ batch: 4, shard: 2 });
  expect(stepSizes({ kind: 'gpu' }, {})).toEqual({ batch: 16, shard: 16 });
});

test('a flag of one leaves the other what it is, but no shard is larger than its batch by default', () => {
  expect(stepSizes({ kind: 'cpu' }, { batch: 16 })).toEqual({ batch: 16, shard: 2 });
  expect(stepSizes({ kind: 'cpu' }, { batch: 1 })).toEqual({ batch: 1, shard: 1 });
  expect(stepSizes({ kind: 'gpu' }, { shard: 4 })).toEqual({ batch: 16, shard: 4 });
});

test.each([
  ['4', 0.0025],
  ['16', 0.005],
  ['64', 0.01],
])('a batch of %s trains at a peak rate of %d', async (batch, rate) => {
  const out = join(folder, batch);
  expect(await trainTiny(out, ['--batch', batch, '--steps', '1'])).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(readFileSync(join(out, 'model.json'), 'utf8')).provenance.settings.rate).toBe(rate);
});
