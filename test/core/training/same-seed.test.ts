import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { squaredNorm, squaresOf } from '../../../src/core/training/gradient-norm.js';
import { run } from '../../process.js';
import { tinyRecords, weightsHash } from '../../tiny.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'same-seed-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const mamba = ['dims=[64,32,16,8]', 'depths=[1,1,1,1]', 'directions=2', 'dropPath=0.4'];
const families: Record<string, string[]> = {
  mambaad: mamba,
  'pyramid-mamba': mamba,
  rd4ad: ['channels=null', 'depths=[1,1,1]'],
  uniad: ['hidden=16', 'heads=2', 'feedForward=32', 'side=4', 'encoderLayers=1', 'decoderLayers=1'],
  'memory-bank': ['coreset=20'],
};

// Seven images train, in batches of five: shards of two, two and one.
const settings = ['--batch', '5', '--shard', '2', '--engine', 'wasm', '--held-out', '0.3', '--steps', '3'];

/** Trains a tiny model and gives all of it that must repeat. */
async function model(family: string, threads: number, seed = '3') {
  const out = join(folder, `${family}-${threads}-${seed}`);
  const config = families[family]!.flatMap((pair) => ['--config', pair]);
  const args = ['train', '-q', '--out', out, '--family', family, '--preset', 'small', ...config, ...settings];
  const ran = await run([...args, '--threads', String(threads), '--seed', seed], { input: tinyRecords(10) });
  expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
  const { calibration, model } = JSON.parse(readFileSync(join(out, 'model.json'), 'utf8'));
  return { weights: weightsHash(out), calibration, model };
}

describe('the same seed', () => {
  test.each(Object.keys(families))(
    'gives the same %s on one thread and on three, limits included',
    async (family) => {
      const [one, three] = [await model(family, 1), await model(family, 3)];
      expect(three).toEqual(one);
    },
  );

  test('gives the same model on two, four and five threads, of which some have no shard', async () => {
    const one = await model('mambaad', 1);
    for (const threads of [2, 4, 5]) expect(await model('mambaad', threads)).toEqual(one);
  });

  test('gives another model than another seed', async () => {
    expect((await model('mambaad', 1, '4')).weights).not.toBe((await model('mambaad', 1)).weights);
  });
});

describe("the gradient's squared norm", () => {
  const gradient = Float32Array.from({ length: 300_001 }, (_, i) => Math.sin(i) * 10 ** (i % 5));
  const norm = (workers: number) =>
    squaredNorm(Array.from({ length: workers }, (_, worker) => squaresOf(gradient, worker, workers)));

  test('is the sum of the squares', () => {
    const squares = gradient.reduce((sum, value) => sum + value * value, 0);
    expect(norm(1) / squares).toBeCloseTo(1, 12);
  });

  test.each([2, 3, 4, 5, 8, 64])('is the same number from %i threads as from one', (workers) => {
    expect(norm(workers)).toBe(norm(1));
  });

  test('of nothing is nothing', () => {
    expect(squaredNorm([squaresOf(new Float32Array(), 0, 2), squaresOf(new Float32Array(), 1, 2)])).toBe(0);
  });
});
