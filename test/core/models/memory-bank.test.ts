import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { farthestPoints } from '../../../src/core/models/memory-bank/coreset.js';
import { memoryBank } from '../../../src/core/models/memory-bank/detector.js';
import { patchFeatures } from '../../../src/core/models/memory-bank/patches.js';
import { scoreWithBank } from '../../../src/core/models/memory-bank/score.js';
import { nearestSquared, smallest } from '../../../src/core/models/memory-bank/search.js';
import { openModel } from '../../../src/core/models/model-folder.js';
import { trainedFamily } from '../../../src/core/models/registry.js';
import { createRandom, type Random } from '../../../src/core/nn/random.js';
import type { FeatureRecord } from '../../../src/core/records/schemas.js';
import { openEngine } from '../../../src/core/runtime/engine.js';
import { tf } from '../../../src/core/runtime/tf.js';
import { Detector } from '../../../src/core/scoring/detector.js';
import { FeatureCollection } from '../../../src/core/training/feature-collection.js';
import { trainDetector } from '../../../src/core/training/train-detector.js';

const folder = mkdtempSync(join(tmpdir(), 'memory-bank-'));
afterAll(() => rmSync(folder, { recursive: true }));

const normals = (random: Random, length: number) => Float32Array.from({ length }, () => random.normal());

function finish<T>(search: Generator<number, T>): T {
  let turn = search.next();
  while (!turn.done) turn = search.next();
  return turn.value;
}

describe('the coreset', () => {
  const dimensions = 40;
  const points = normals(createRandom(1), 300 * dimensions);
  const distance = (a: number, b: number) => {
    let sum = 0;
    for (let d = 0; d < dimensions; d++)
      sum += (points[a * dimensions + d]! - points[b * dimensions + d]!) ** 2;
    return Math.sqrt(sum);
  };

  test('takes the point farthest from those it has, as the plain algorithm does', () => {
    const { chosen, error } = finish(farthestPoints(points, dimensions, 30, createRandom(7)));
    const plain = [chosen[0]!];
    const toNearest = (p: number) => Math.min(...plain.map((c) => distance(p, c)));
    const all = Array.from({ length: 300 }, (_, p) => p);
    while (plain.length < 30) plain.push(all.reduce((a, b) => (toNearest(b) > toNearest(a) ? b : a)));
    expect([...chosen]).toEqual(plain);
    expect(error).toBeCloseTo(all.reduce((sum, p) => sum + toNearest(p), 0) / 300, 4);
  });

  test('ends early where all that is left lies in it', () => {
    const twice = Float32Array.of(0, 0, 5, 5, 0, 0, 5, 5);
    const { chosen, error } = finish(farthestPoints(twice, 2, 4, createRandom(1)));
    expect(chosen.length).toBe(2);
    expect(error).toBe(0);
  });
});

describe.each(['cpu', 'wasm'] as const)('on %s', (engine) => {
  test('every patch finds its nearest row, over several tables', async () => {
    await openEngine(engine);
    const random = createRandom(2);
    const [length, rows, width] = [70, 33_000, 3];
    const [patches, bank] = [normals(random, length * width), normals(random, rows * width)];
    bank.set(patches.subarray(0, width)); // one patch that the bank holds
    const found = tf.tidy(() =>
      nearestSquared(tf.tensor(patches, [length, width]), tf.tensor(bank, [rows, width]))
        .dataSync()
        .slice(),
    );
    for (let i = 0; i < length; i++) {
      let nearest = Number.POSITIVE_INFINITY;
      for (let m = 0; m < rows; m++) {
        let sum = 0;
        for (let d = 0; d < width; d++) sum += (patches[i * width + d]! - bank[m * width + d]!) ** 2;
        nearest = Math.min(nearest, sum);
      }
      expect(found[i]).toBeCloseTo(nearest, 4);
    }
  });

  test('a patch is the mean of its window, of what lies inside the map, and of the coarser map between its pixels', async () => {
    await openEngine(engine);
    const fine = tf.tensor([...Array(16).keys()], [1, 4, 4, 1]);
    const coarse = tf.tensor([0, 0, 8, 8], [1, 2, 2, 1]);
    const shape = { scales: [1, 2], neighbourhood: 3 };
    const patches = patchFeatures([fine, coarse], shape);
    expect(patches.shape).toEqual([16, 2]);
    const values = patches.dataSync();
    expect(values[0]).toBeCloseTo((0 + 1 + 4 + 5) / 4, 5);
    expect(values[2 * 5]).toBeCloseTo(5, 5);
    expect([...values].filter((_, i) => i % 2 === 1)).toEqual(new Array(16).fill(4));
  });
});

test('a score is the distance, less where the nearest row is one of many alike', async () => {
  await openEngine('cpu');
  const config = { ...memoryBank.presets.small!, scales: [1], neighbourhood: 1, neighbours: 3 };
  const features = [tf.tensor([0, 0, 0, 0, 0, 0, 3, 0], [1, 2, 2, 2])];
  const score = (bank: number[]) =>
    scoreWithBank(tf.tensor(bank, [bank.length / 2, 2]), features, config, 32).rawScore.dataSync()[0]!;
  expect(score([0, 0])).toBeCloseTo(3, 5);
  // The farthest patch (3,0); its nearest row (0,0); that row's neighbours are (0,1) and (0,-1), (0,9) is too far.
  const odds = Math.exp(3) / (Math.exp(3) + 2 * Math.exp(Math.sqrt(10)));
  expect(score([0, 0, 0, 1, 0, -1, 0, 9])).toBeCloseTo((1 - odds) * 3, 5);
});

test('the smallest values come in order', () => {
  expect(smallest(Float32Array.of(5, 1, 4, 1, 3), 3)).toEqual([1, 3, 4]);
  expect(smallest(Float32Array.of(2), 3)).toEqual([0]);
});

describe('trained on features of good parts', () => {
  const shapes = [
    [8, 8, 2],
    [4, 4, 3],
    [2, 2, 4],
  ];
  const image = (random: Random) =>
    shapes.map((shape) =>
      normals(
        random,
        shape.reduce((a, b) => a * b),
      ).map((x) => 1 + 0.1 * x),
    );

  async function collect(): Promise<FeatureCollection> {
    const collection = new FeatureCollection({
      append: async () => {
        throw new Error('these features lie in files');
      },
    });
    const random = createRandom(4);
    for (let i = 0; i < 12; i++) {
      const features = image(random).map((data, scale) => {
        const file = join(folder, `${i}-${scale}`);
        writeFileSync(file, data);
        return { dtype: 'float32', shape: shapes[scale]!, file, offset: 0 };
      });
      await collection.add({
        ...{ v: 1, type: 'features', path: `${i}.png`, class: 'part', label: 'good', image_hash: `${i}` },
        ...{ encoder: { name: 'test', hash: 'abc' }, input_size: [32, 32], features },
      } as unknown as FeatureRecord);
    }
    return collection;
  }

  test('a model folder comes out that scores a good part low and a defect high, where it is', async () => {
    const out = join(folder, 'model');
    const events: string[] = [];
    const options = {
      ...{ out, family: 'memory-bank', preset: 'small', overrides: { coreset: 40, projection: 8 } },
      ...{ epochs: null, steps: null, budgetSeconds: 60, batch: 8, shard: 4, rate: null, seed: 1 },
      ...{ schedule: 'cosine' as const, heldOut: 0.2, calibration: { targetFpr: 0.01 }, engine: 'wasm' },
      ...{ threads: 0, resume: false, checkpointSeconds: 60, origin: {} },
    };
    for await (const event of trainDetector(await collect(), options)) events.push(event.kind);
    expect(new Set(events)).toEqual(new Set(['images', 'start', 'fitting', 'calibrating', 'published']));

    const { manifest, block } = await openModel(out);
    expect(manifest).toMatchObject({ family: 'memory-bank', config: { rows: 40, coreset: 40 } });
    expect(block.slots[0]!.shape).toEqual([40, 7]);
    const detector = new Detector(manifest, block);
    const good = image(createRandom(77));
    const defect = good.map((map) => map.slice());
    for (let c = 0; c < 3; c++) defect[1]![(2 * 4 + 3) * 3 + c] = 4; // row 2, column 3 of the 4×4 map
    const [low, high] = [detector.score(good), detector.score(defect)];
    detector.dispose();
    const { threshold } = manifest.calibration.pooled;
    expect(low.rawScore).toBeLessThan(2 * threshold);
    expect(high.rawScore).toBeGreaterThan(2 * threshold);
    const peak = high.map.indexOf(Math.max(...high.map));
    const [row, column] = [Math.floor(peak / 256), peak % 256];
    expect(row).toBeGreaterThan(120);
    expect(column).toBeGreaterThan(160);
  });
});

test('settings that make no sense are refused by name', () => {
  const accept = (changes: object) =>
    memoryBank.accept!({ ...memoryBank.presets.small!, ...changes }, [
      [4, 4, 1],
      [2, 2, 1],
      [1, 1, 1],
    ]);
  expect(() => accept({ scales: [4] })).toThrow(/scales=\[4\].*maps 1 to 3/);
  expect(() => accept({ coreset: 0 })).toThrow(/coreset=0/);
  expect(() => accept({ candidates: 1.5 })).toThrow(/candidates=1.5.*whole number/);
  expect(() => accept({ coreset: 0.1 })).not.toThrow();
});

test('what needs a network says so', () => {
  expect(() => trainedFamily('memory-bank')).toThrow(/memory-bank has no network: .*mambaad/);
});
