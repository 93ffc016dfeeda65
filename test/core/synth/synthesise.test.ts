import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDataset, recognise } from '../../../src/core/data/layouts/read-dataset.js';
import { ImageRecord } from '../../../src/core/records/schemas.js';
import { type SynthesisOptions, synthesisClasses, synthesise } from '../../../src/core/synth/synthesise.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'synth-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const small = { seed: 5, trainPerClass: 2, testPerClass: 9, size: 64 };

async function run(options: SynthesisOptions): Promise<ImageRecord[]> {
  const records: ImageRecord[] = [];
  for await (const record of synthesise(options)) records.push(record);
  return records;
}

async function hashes(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name))
    .sort();
  const pairs = files.map(async (f) => [
    relative(folder, f),
    createHash('sha256')
      .update(await readFile(f))
      .digest('hex'),
  ]);
  return Object.fromEntries(await Promise.all(pairs));
}

test('the same seed writes the same bytes, another seed other pictures', async () => {
  const classes = ['capsule', 'gear'];
  await run({ ...small, classes, out: join(root, 'a') });
  await run({ ...small, classes, out: join(root, 'b') });
  await run({ ...small, classes, seed: 6, out: join(root, 'c') });
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => hashes(join(root, name))));
  expect(a).toEqual(b);
  expect(Object.keys(a!)).toEqual(Object.keys(c!));
  for (const name of Object.keys(a!).filter((n) => n.endsWith('.png'))) expect(a![name]).not.toBe(c![name]);
});

test('every picture of a set is another one', async () => {
  await run({ ...small, out: join(root, 'distinct') });
  const images = Object.entries(await hashes(join(root, 'distinct'))).filter(
    ([name]) => !name.includes('ground_truth'),
  );
  expect(new Set(images.map(([, hash]) => hash)).size).toBe(images.length);
});

test('records name files in the MVTec layout, with a mask of the same size for each anomaly', async () => {
  const out = join(root, 'layout');
  const records = await run({ ...small, out });
  expect(records).toHaveLength(synthesisClasses().length * (small.trainPerClass + small.testPerClass));
  for (const record of records) {
    expect(ImageRecord.parse(record)).toEqual(record);
    const [kind, split, defect, file] = relative(out, record.path).split('/');
    expect([kind, split, defect]).toEqual([record.class, record.split, record.defect]);
    expect(record.label).toBe(defect === 'good' ? 'normal' : 'anomaly');
    const image = await sharp(record.path).metadata();
    expect(image).toMatchObject({ width: 64, height: 64, channels: 3, format: 'png' });
    if (record.label === 'normal') expect(record.mask).toBeUndefined();
    else {
      expect(record.mask).toBe(join(out, kind!, 'ground_truth', defect!, file!.replace('.png', '_mask.png')));
      const { data, info } = await sharp(record.mask)
        .toColourspace('b-w')
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect(info).toMatchObject({ width: 64, height: 64, channels: 1 });
      expect((await sharp(record.mask).metadata()).channels).toBe(1);
      expect([...new Set(data)].sort()).toEqual([0, 255]);
    }
  }
});

test('a reader of data sets finds the same images, labels and masks again', async () => {
  const out = join(root, 'read');
  const written = await run({ ...small, out });
  expect((await recognise(out)).name).toBe('mvtec');
  const read: ImageRecord[] = [];
  for await (const record of readDataset(out, 'mvtec')) read.push(record);
  const facts = (records: ImageRecord[]) =>
    records.map((r) => [r.path, r.class, r.split, r.label, r.defect, r.mask ?? null].join(' ')).sort();
  expect(facts(read)).toEqual(facts(written));
});

test('progress counts every image once and ends at the total', async () => {
  const seen: string[] = [];
  const steps = synthesise({ ...small, classes: ['gear'], out: join(root, 'progress') }, (done, total) =>
    seen.push(`${done}/${total}`),
  );
  for await (const _ of steps) void _;
  expect(seen).toEqual(Array.from({ length: 11 }, (_, k) => `${k + 1}/11`));
});

test('a reader that stops early leaves no temporary file', async () => {
  const out = join(root, 'early');
  for await (const _ of synthesise({ ...small, out })) break;
  expect(Object.keys(await hashes(out)).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('a folder with another data set is refused, the same one may be written again', async () => {
  const out = join(root, 'again');
  const options = { ...small, classes: ['capsule'], out };
  await run(options);
  await run(options);
  await expect(run({ ...options, seed: 8 })).rejects.toThrow(/holds another data set/);
  await mkdir(join(root, 'foreign', 'gear'), { recursive: true });
  await expect(run({ ...small, out: join(root, 'foreign') })).rejects.toThrow(/holds another data set/);
});

test.each([
  [{ classes: ['banana'] }, /"banana" cannot be rendered; choose from flange_nut/],
  [{ size: 16 }, /size is 16, a whole number from 64 to 2048/],
  [{ seed: 0.5 }, /seed is 0.5/],
])('impossible options are refused before anything is written: %o', async (wrong, message) => {
  const out = join(root, 'refused');
  await expect(run({ ...small, ...wrong, out })).rejects.toThrow(message);
  await expect(readdir(out)).rejects.toThrow();
});
