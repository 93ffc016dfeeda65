import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ExtractOptions, extractFeatures, extractInPlace } from '../../../src/core/data/extract.js';
import { featureCache } from '../../../src/core/data/feature-cache.js';
import { pruneFeatureCache } from '../../../src/core/data/prune-feature-cache.js';
import { InputMissingError } from '../../../src/core/errors.js';
import type { Encoder } from '../../../src/core/models/encoders/encoder.js';
import { PassedOn } from '../../../src/core/records/passed-on.js';
import { FeatureRecord, type ImageRecord } from '../../../src/core/records/schemas.js';
import { resolveFloats } from '../../../src/core/records/tensor-ref.js';
import { meanEncoder } from './fake-encoder.js';

let folder: string;
let images: ImageRecord[];
const count = 21;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'extract-'));
  images = [];
  for (let i = 0; i < count; i++) {
    const path = join(folder, `${String(i).padStart(3, '0')}.png`);
    const background = { r: i * 10, g: 255 - i * 10, b: 7 };
    await sharp({ create: { width: 40 + i, height: 30, channels: 3, background } })
      .png()
      .toFile(path);
    images.push({
      v: 1,
      type: 'image',
      path,
      class: 'flat',
      split: 'test',
      label: 'normal',
      station: `s${i}`,
    });
  }
});
afterAll(() => rm(folder, { recursive: true }));

let cacheFolder: string;
beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'cache-'));
});
afterEach(() => rm(cacheFolder, { recursive: true }));

async function* stream(records: readonly ImageRecord[]) {
  yield* records;
}

async function* inPlace(inputs: readonly (ImageRecord | PassedOn)[]) {
  yield* inputs;
}

async function run(
  records: readonly ImageRecord[],
  encoder: Encoder,
  options: ExtractOptions,
): Promise<FeatureRecord[]> {
  const out: FeatureRecord[] = [];
  for await (const record of extractFeatures(stream(records), encoder, options)) out.push(record);
  return out;
}

/** The overall mean colour that the second scale of the mean encoder holds. */
const meanOf = async (record: FeatureRecord) => [...(await resolveFloats(record.features[1]!, '/'))];

describe('extracting features', () => {
  test('keeps the order, carries all fields on, and gives each image its own features', async () => {
    const records = await run(images, meanEncoder(), { inline: true, batch: 4 });
    expect(records.map(({ path }) => path)).toEqual(images.map(({ path }) => path));
    for (const [i, record] of records.entries()) {
      expect(FeatureRecord.parse(record)).toMatchObject({
        class: 'flat',
        label: 'normal',
        station: `s${i}`,
        image_size: [40 + i, 30],
        input_size: [16, 16],
        image_hash: createHash('sha256')
          .update(await readFile(record.path))
          .digest('hex'),
        encoder: { name: 'mean', hash: 'e'.repeat(64) },
      });
      expect(await meanOf(record)).toEqual([i * 10, 255 - i * 10, 7]);
    }
  });

  test('gives whole batches to the encoder, one at a time', async () => {
    const encoder = meanEncoder('e', 3);
    await run(images, encoder, { inline: true, batch: 4 });
    expect(encoder.batches).toEqual([4, 4, 4, 4, 4, 1]);
  });

  test('a record goes out before the last image is read', async () => {
    let read = 0;
    async function* counted() {
      for (const image of images) {
        read++;
        yield image;
      }
    }
    for await (const _ of extractFeatures(counted(), meanEncoder(), {
      inline: true,
      batch: 2,
      concurrency: 3,
    }))
      break;
    expect(read).toBeLessThan(count);
  });

  test('does not wait for more input than has come', async () => {
    async function* stalled() {
      yield images[0]!;
      await new Promise(() => {});
    }
    const records = extractFeatures(stalled(), meanEncoder(), { inline: true });
    expect((await records.next()).value).toMatchObject({ path: images[0]!.path });
  });

  test('stops at a signal, even while it waits for input', async () => {
    const abort = new AbortController();
    async function* stalled() {
      yield images[0]!;
      await new Promise(() => {});
    }
    const records = extractFeatures(stalled(), meanEncoder(), { inline: true, signal: abort.signal });
    await records.next();
    const next = records.next();
    abort.abort(new Error('interrupted'));
    await expect(next).rejects.toThrow('interrupted');
  });

  test('a bad image ends the run after the records before it', async () => {
    const bad = { ...images[0]!, path: join(folder, 'bad.png') };
    await writeFile(bad.path, 'no image');
    const records = extractFeatures(
      stream([...images.slice(0, 10), bad, ...images.slice(10)]),
      meanEncoder(),
      { inline: true, batch: 4 },
    );
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { path } of records) seen.push(path);
    })();
    await expect(reading).rejects.toThrow(/bad\.png: not an image/);
    expect(seen).toEqual(images.slice(0, 10).map(({ path }) => path));
  });

  test('a bad image stands in its place, whatever is wrong with it, and so does what is passed on', async () => {
    const bad = (name: string) => ({ ...images[0]!, path: join(folder, name) });
    await writeFile(join(folder, 'empty.png'), '');
    const nul = { ...images[0]!, path: 'a\0b.png' };
    const inputs = [
      bad('none.png'),
      ...images.slice(0, 3),
      new PassedOn('{"type":"note"}'),
      bad('empty.png'),
      nul,
      ...images.slice(3, 5),
    ];
    const seen: string[] = [];
    for await (const outcome of extractInPlace(inPlace(inputs), meanEncoder('e', 2), {
      inline: true,
      batch: 2,
    })) {
      if (outcome instanceof PassedOn) seen.push(outcome.text);
      else if ('error' in outcome) seen.push(`${outcome.error.name} ${outcome.image.path}`);
      else seen.push(outcome.record.path);
    }
    expect(seen).toEqual([
      `InputMissingError ${join(folder, 'none.png')}`,
      ...images.slice(0, 3).map(({ path }) => path),
      '{"type":"note"}',
      `DataError ${join(folder, 'empty.png')}`,
      'DataError a\0b.png',
      ...images.slice(3, 5).map(({ path }) => path),
    ]);
  });

  test('inline features are halves when asked so', async () => {
    const [record] = await run(images.slice(3, 4), meanEncoder(), { inline: true, half: true });
    expect(record!.features[0]).toMatchObject({ dtype: 'float16', shape: [4, 4, 3] });
    expect(await meanOf(record!)).toEqual([30, 225, 7]);
  });

  test('an encoder that fails ends the run', async () => {
    const broken = { ...meanEncoder(), encode: () => Promise.reject(new Error('out of memory')) };
    await expect(run(images, broken, { inline: true })).rejects.toThrow('out of memory');
  });
});

describe('a 16-bit image', () => {
  let deep: ImageRecord;
  beforeAll(async () => {
    const path = join(folder, 'deep.png');
    const raw = { width: 8, height: 8, channels: 1 as const };
    await sharp(new Uint16Array(64).fill(2048), { raw }).toColourspace('grey16').png().toFile(path);
    deep = { ...images[0]!, path };
  });

  test('is read through the window, which its record names; an 8-bit image names none', async () => {
    const records = await run([deep, images[1]!], meanEncoder(), { inline: true, window: [0, 4095] });
    expect(FeatureRecord.parse(records[0])).toMatchObject({ window: [0, 4095] });
    expect(await meanOf(records[0]!)).toEqual([128, 128, 128]);
    expect(records[1]).not.toHaveProperty('window');
    expect(await meanOf(records[1]!)).toEqual([10, 245, 7]);
  });

  test('is refused without a window, also when the cache knows it in one', async () => {
    const cache = featureCache(cacheFolder, meanEncoder());
    await run([deep], meanEncoder(), { cache, window: [0, 4095] });
    await expect(run([deep], meanEncoder(), { cache })).rejects.toThrow(
      /deep\.png: a 16-bit image; .*--window/,
    );
  });

  test('has an entry for each window in the cache, an 8-bit image one for all', async () => {
    const cache = featureCache(cacheFolder, meanEncoder());
    const values: number[][] = [];
    for (const window of [
      [0, 4095],
      [0, 65535],
      [0, 4095],
    ] as const) {
      const [record, shallow] = await run([deep, images[1]!], meanEncoder(), { cache, window });
      values.push(await meanOf(record!), await meanOf(shallow!));
    }
    const eight = [10, 245, 7];
    expect(values).toEqual([[128, 128, 128], eight, [8, 8, 8], eight, [128, 128, 128], eight]);
    expect((await readdir(cacheFolder, { recursive: true })).filter((n) => n.endsWith('s')).length).toBe(3);
  });
});

test('an EXIF orientation that is not applied is told, also of an image that the cache knows', async () => {
  const path = join(folder, 'turned.jpg');
  const picture = sharp({ create: { width: 16, height: 8, channels: 3, background: '#123456' } });
  await picture.jpeg().withMetadata({ orientation: 6 }).toFile(path);
  const cache = featureCache(cacheFolder, meanEncoder());
  for (let i = 0; i < 2; i++) {
    const told: string[] = [];
    const onIgnoredTurn = (image: ImageRecord) => void told.push(image.path);
    await run([images[0]!, { ...images[0]!, path }], meanEncoder(), { cache, onIgnoredTurn });
    expect(told).toEqual([path]);
  }
});

describe('the feature cache', () => {
  test('spares the encoder every image it has seen, and gives the same features', async () => {
    const first = await run(images, meanEncoder(), { cache: featureCache(cacheFolder, meanEncoder()) });
    const encoder = meanEncoder();
    const second = await run(images, encoder, { cache: featureCache(cacheFolder, encoder) });
    expect(encoder.batches).toEqual([]);
    expect(second).toEqual(first);
    for (const [i, record] of second.entries()) {
      expect(await meanOf(record)).toEqual([i * 10, 255 - i * 10, 7]);
      expect(record.features[0]).toMatchObject({ dtype: 'float32', shape: [4, 4, 3] });
    }
  });

  test('encodes only what is new', async () => {
    const cache = featureCache(cacheFolder, meanEncoder());
    await run(
      images.filter((_, i) => i % 2),
      meanEncoder(),
      { cache },
    );
    const encoder = meanEncoder();
    const records = await run(images, encoder, { cache, batch: 4 });
    expect(encoder.batches.reduce((a, b) => a + b)).toBe(11);
    for (const [i, record] of records.entries())
      expect(await meanOf(record)).toEqual([i * 10, 255 - i * 10, 7]);
  });

  test('keeps encoders and preprocessings apart', async () => {
    await run(images.slice(0, 2), meanEncoder(), { cache: featureCache(cacheFolder, meanEncoder()) });
    for (const other of [meanEncoder('f'), { ...meanEncoder(), preprocessing: 'other' }] as Encoder[]) {
      expect(
        await featureCache(cacheFolder, other).get({
          hash: (await run(images.slice(0, 1), other, { inline: true }))[0]!.image_hash,
        }),
      ).toBeUndefined();
    }
  });

  test('as float16 takes half the disk and is marked so', async () => {
    const cache = featureCache(cacheFolder, meanEncoder(), 'float16');
    const [record] = await run(images.slice(3, 4), meanEncoder(), { cache });
    expect(record!.features[0]).toMatchObject({ dtype: 'float16' });
    expect(await meanOf(record!)).toEqual([30, 225, 7]);
    const [inline] = await run(images.slice(3, 4), meanEncoder(), { cache, inline: true });
    expect(inline!.features[0]).toHaveProperty('data');
    expect(await meanOf(inline!)).toEqual([30, 225, 7]);
  });

  test('makes damaged entries anew', async () => {
    const cache = featureCache(cacheFolder, meanEncoder());
    const [record] = await run(images.slice(0, 1), meanEncoder(), { cache });
    const { file } = record!.features[0] as { file: string };
    const whole = await readFile(file);
    const damages = [
      () => truncate(file, 100),
      () => truncate(file, 0),
      () => appendFile(file, 'x'),
      () => rm(file),
    ];
    for (const damage of damages) {
      await damage();
      const encoder = meanEncoder();
      expect(await run(images.slice(0, 1), encoder, { cache })).toEqual([record]);
      expect(encoder.batches).toEqual([1]);
      expect(await readFile(file)).toEqual(whole);
    }
  });

  test('is shared by runs at the same time', async () => {
    const runs = Array.from({ length: 4 }, () =>
      run(images, meanEncoder(), { cache: featureCache(cacheFolder, meanEncoder()) }),
    );
    const [first, ...others] = await Promise.all(runs);
    for (const other of others) expect(other).toEqual(first);
    expect((await entryFiles()).length).toBe(count);
  });

  test('is pruned to a size, least recently used first', async () => {
    const cache = featureCache(cacheFolder, meanEncoder());
    const records = await run(images.slice(0, 5), meanEncoder(), { cache });
    const files = records.map(({ features }) => (features[0] as { file: string }).file);
    for (const [i, file] of files.entries()) await utimes(file, 1e9 + i * 100, 1e9 + i * 100);
    await cache.get({ hash: records[0]!.image_hash }); // used just now
    const size = (await readFile(files[0]!)).length;
    const pruned = await pruneFeatureCache(cacheFolder, size * 2.5);
    expect(pruned).toEqual({ removed: 3, removedBytes: size * 3, kept: 2, keptBytes: size * 2 });
    expect((await entryFiles()).sort()).toEqual([files[0], files[4]].sort());
    await expect(pruneFeatureCache(join(cacheFolder, 'none'), 0)).rejects.toThrow(InputMissingError);
  });

  async function entryFiles(): Promise<string[]> {
    const names = await readdir(cacheFolder, { recursive: true });
    return names.filter((name) => name.endsWith('.safetensors')).map((name) => join(cacheFolder, name));
  }
});
