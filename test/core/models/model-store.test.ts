import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DataError, InputMissingError, LockedError } from '../../../src/core/errors.js';
import { openModel, publishModel } from '../../../src/core/models/model-folder.js';
import {
  currentModel,
  followPointer,
  lockStore,
  publishToStore,
} from '../../../src/core/models/model-store.js';
import { trainedFamily } from '../../../src/core/models/registry.js';
import { ParameterBlock } from '../../../src/core/nn/parameter-block.js';
import { createRandom } from '../../../src/core/nn/random.js';
import { tinyEncoder, tinyShapes } from '../../tiny.js';

let store: string;
beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), 'store-'));
});
afterEach(() => rmSync(store, { recursive: true }));

/** A model folder that was never trained, beside the store's models. */
async function candidate(seed: number): Promise<{ folder: string; model: string }> {
  const family = trainedFamily('mambaad');
  const config = { ...(family.presets.small as object), dims: [64, 32, 16, 8], depths: [1, 1, 1, 1] };
  const block = new ParameterBlock(family.parameters(config, [8, 16, 32]));
  block.initialise(createRandom(seed));
  const folder = join(store, '.candidate');
  const limits = { n: 1, threshold: 1, review: 1, scale: 1, fprBound: 1, mapThreshold: 1, quantiles: [] };
  const pooled = { ...limits, method: 'gumbel-tail' as const };
  const { model } = await publishModel(
    folder,
    block,
    {
      family: 'mambaad',
      preset: 'small',
      config,
      encoder: tinyEncoder,
      input_size: [64, 64],
      features: tinyShapes,
      feature_scale: [1, 1, 1],
      map_size: 256,
    },
    {
      classes: ['nut'],
      calibration: {
        targetFpr: 0.01,
        reviewFpr: null,
        pixelFpr: 0.001,
        confidence: 0.95,
        classes: [],
        pooled,
      },
      provenance: { seed },
    },
  );
  return { folder, model };
}

async function publish(seed: number, keep = 5): Promise<string> {
  const { folder, model } = await candidate(seed);
  await publishToStore(folder, store, model, keep);
  return model;
}

describe('a store', () => {
  test('opens as the model that was published last', async () => {
    const first = await publish(1);
    expect((await openModel(store)).manifest.model).toBe(first);
    const second = await publish(2);
    expect(await currentModel(store)).toBe(second);
    expect(await openModel(store)).toMatchObject({
      folder: join(store, second),
      manifest: { provenance: { seed: 2 } },
    });
    expect((await openModel(join(store, first))).manifest.model).toBe(first);
  });

  test('keeps the newest models, whatever their names, and the current one in any case', async () => {
    const models: string[] = [];
    for (let seed = 1; seed <= 4; seed++) {
      models.push(await publish(seed));
      // A second apart, as far as the files know: the last one looks oldest.
      utimesSync(join(store, models.at(-1)!, 'model.json'), 1000 - seed, 1000 - seed);
    }
    models.push(await publish(5, 3));
    const left = readdirSync(store).filter((name) => name !== 'CURRENT');
    expect(left.sort()).toEqual([models[0], models[1], models[4]].sort());
  });

  test('can be turned back by hand', async () => {
    const [first] = [await publish(1), await publish(2)];
    writeFileSync(join(store, 'CURRENT'), first!);
    expect((await openModel(store)).manifest.model).toBe(first);
  });

  test('is only a folder as long as it has no pointer', async () => {
    expect(await currentModel(store)).toBeUndefined();
    expect(await followPointer(store)).toBe(store);
    await expect(openModel(store)).rejects.toThrow(InputMissingError);
    expect(await currentModel(join(store, 'absent'))).toBeUndefined();
  });

  test.each(['', '../../etc', 'A'.repeat(16), 'abc'])('with the pointer %j is refused', async (text) => {
    writeFileSync(join(store, 'CURRENT'), text);
    await expect(openModel(store)).rejects.toThrow(DataError);
  });

  test('whose pointer names a model that is gone says which', async () => {
    writeFileSync(join(store, 'CURRENT'), '0123456789abcdef\n');
    await expect(openModel(store)).rejects.toThrow(/0123456789abcdef: no model here/);
  });

  test('has one publisher at a time', async () => {
    const lock = await lockStore(store);
    await expect(lockStore(store)).rejects.toThrow(LockedError);
    await lock.release();
    await (await lockStore(store)).release();
    expect(existsSync(join(store, '.lock'))).toBe(false);
  });

  test('that does not exist is made', async () => {
    const lock = await lockStore(join(store, 'a', 'b'));
    await lock.release();
    expect(readdirSync(join(store, 'a', 'b'))).toEqual([]);
  });
});

const reader = `
  import { openModel } from ${JSON.stringify(new URL('../../../dist/core/models/model-folder.js', import.meta.url).href)};
  const seen = new Set();
  process.once('SIGTERM', () => process.exit(0));
  for (;;) {
    const { manifest, block } = await openModel(process.argv[1]);
    if (manifest.provenance.seed === undefined || block.values.length === 0) throw new Error('half a model');
    if (!seen.has(manifest.model)) console.log(seen.add(manifest.model).size);
    await new Promise(setImmediate);
  }`;

test('readers beside a publisher that keeps only one model always get a whole one', async () => {
  await publish(0);
  const readers = [1, 2, 3].map(() => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', reader, store]);
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    const ended = new Promise<{ code: number | null; err: string }>((resolve) =>
      child.on('close', (code) => resolve({ code, err })),
    );
    // A reader that dies must not be waited for.
    const hasSeen = (models: string) =>
      Promise.race([
        ended,
        new Promise<void>((resolve) => {
          child.stdout.on('data', (chunk) => String(chunk).split('\n').includes(models) && resolve());
        }),
      ]);
    return { child, ended, first: hasSeen('1'), second: hasSeen('2') };
  });
  await Promise.all(readers.map(({ first }) => first));
  const published = 60;
  for (let seed = 1; seed <= published; seed++) await publish(seed, 1);
  await Promise.all(readers.map(({ second }) => second));
  for (const { child } of readers) child.kill('SIGTERM');
  for (const end of await Promise.all(readers.map(({ ended }) => ended))) {
    expect(end).toEqual({ code: 0, err: '' });
  }
});
