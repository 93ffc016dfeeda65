import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installGoldenEncoder } from '../golden-encoder.js';
import { type RunOptions, run } from '../process.js';

let folder: string;
let photos: string;
let env: NodeJS.ProcessEnv;
const side = 96;
const noise = (channels: number, seed: number) =>
  Buffer.from(
    Uint8Array.from({ length: side * side * channels }, (_, i) => ((i + seed) * 2654435761) >>> 24),
  );
const raw = (channels: 1 | 3 | 4) => ({ raw: { width: side, height: side, channels } });
const picture = (seed = 0) => sharp(noise(3, seed), raw(3));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bad-images-'));
  photos = join(folder, 'photos');
  mkdirSync(photos);
  const home = join(folder, 'home');
  await installGoldenEncoder(home);
  env = { MAMBAAD_HOME: home, MAMBAAD_CACHE: join(folder, 'cache') };
  for (let i = 0; i < 3; i++)
    await picture(i)
      .png()
      .toFile(join(photos, `good-${i}.png`));
});
afterAll(() => rmSync(folder, { recursive: true }));

const mambaad = (args: readonly string[], options: RunOptions = {}) =>
  run([...args, '-q'], { ...options, env, cwd: folder });
const write = (name: string, bytes: Uint8Array | string) => {
  writeFileSync(join(folder, name), bytes);
  return name;
};
const jpeg = () => picture().jpeg({ quality: 95 }).toBuffer();

describe('extract refuses, with code 65 and one line that names it,', () => {
  test.each([
    [
      'a photograph that is cut off',
      'cut.jpg',
      async () => (await jpeg()).subarray(0, 2500),
      /damaged or cut off/,
    ],
    [
      'a photograph less its last bytes',
      'end.jpg',
      async () => (await jpeg()).subarray(0, -40),
      /damaged or cut off/,
    ],
    [
      'a PNG that is cut off',
      'cut.png',
      async () => (await picture().png().toBuffer()).subarray(0, 3000),
      /cut off/,
    ],
    ['an empty file', 'empty.png', async () => Buffer.alloc(0), /0 bytes/],
    ['a text', 'text.png', async () => Buffer.from('hello'), /not an image/],
    ['a drawing', 'x.png', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), /SVG/],
  ])('%s', async (_, name, make, message) => {
    const result = await mambaad(['extract', '--inline', write(name, await make())]);
    expect(result.exitCode, result.stderr).toBe(65);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).toMatch(new RegExp(`^mambaad extract: ${name}: [^\n]+\n$`));
  });
});

describe('extract reads', () => {
  test.each([
    [
      '16-bit grey',
      async () =>
        sharp(
          Uint16Array.from(noise(1, 1), (v) => v * 257),
          raw(1),
        )
          .toColourspace('grey16')
          .png()
          .toBuffer(),
    ],
    [
      '16-bit colour',
      async () =>
        sharp(
          Uint16Array.from(noise(3, 1), (v) => v * 257),
          raw(3),
        )
          .toColourspace('rgb16')
          .png()
          .toBuffer(),
    ],
    ['CMYK', async () => picture().toColourspace('cmyk').jpeg().toBuffer()],
    ['alpha', async () => sharp(noise(4, 1), raw(4)).png().toBuffer()],
    ['a palette', async () => picture().png({ palette: true }).toBuffer()],
    [
      'a picture that lies on its side',
      async () => picture().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    ],
  ])('%s', async (_, make) => {
    const result = await mambaad(['extract', '--inline', write('odd.img', await make())]);
    expect(result.exitCode, result.stderr).toBe(0);
    const [record, end] = result.lines.map((line) => JSON.parse(line));
    expect(record).toMatchObject({ type: 'features', image_size: [side, side] });
    expect(end).toMatchObject({ type: 'end', in: 1, out: 1 });
  });
});

describe('a folder of photographs', () => {
  test('with bad ones among them loses none of the good ones under --on-error skip', async () => {
    const mixed = join(folder, 'mixed');
    mkdirSync(mixed);
    for (let i = 0; i < 3; i++)
      await picture(i)
        .png()
        .toFile(join(mixed, `${i}-good.png`));
    writeFileSync(join(mixed, '1-empty.png'), '');
    writeFileSync(join(mixed, '2-cut.jpg'), (await jpeg()).subarray(0, 2000));
    const result = await mambaad(['extract', 'mixed', '--on-error', 'skip']);
    expect(result.exitCode, result.stderr).toBe(4);
    const records = result.lines.map((line) => JSON.parse(line));
    expect(records.filter(({ type }) => type === 'features').map(({ path }) => path)).toEqual([
      'mixed/0-good.png',
      'mixed/1-good.png',
      'mixed/2-good.png',
    ]);
    const errors = records.filter(({ type }) => type === 'error');
    expect(errors.map(({ path, code }) => [path, code])).toEqual([
      ['mixed/1-empty.png', 'DataError'],
      ['mixed/2-cut.jpg', 'DataError'],
    ]);
    expect(records.at(-1)).toMatchObject({ type: 'end', skipped: 2 });
  });

  test('without any is refused', async () => {
    mkdirSync(join(folder, 'none'));
    write('none/readme.txt', 'no pictures');
    for (const args of [['none'], ['none', '--dry-run']]) {
      const result = await mambaad(['extract', ...args]);
      expect(result.exitCode).toBe(66);
      expect(result.stderr).toMatch(/^mambaad extract: none: no images found [^\n]+\n$/);
      expect(result.lines.filter((line) => JSON.parse(line).type === 'end')).toEqual([]);
    }
  });

  test('goes through the whole pipe, and bad ones become error records in score as well', async () => {
    const train = [
      'train',
      '--out',
      'model',
      '--steps',
      '1',
      '--batch',
      '2',
      '--threads',
      '1',
      '--config',
      'depths=[1,1,1,1]',
    ];
    const features = await mambaad(['extract', 'photos', '--split', 'train']);
    expect(features.exitCode, features.stderr).toBe(0);
    const trained = await mambaad(train, { input: features.stdout });
    expect(trained.exitCode, trained.stderr).toBe(0);
    const image = (path: string) => `${JSON.stringify({ v: 1, type: 'image', path, class: 'photos' })}\n`;
    const input = image('photos/good-0.png') + image(write('gone-bad.png', '')) + image('photos/good-1.png');
    const failed = await mambaad(['score', '--model', 'model'], { input });
    expect(failed.exitCode).toBe(65);
    expect(failed.stderr).toMatch(/^mambaad score: gone-bad\.png: [^\n]+\n$/);
    const skipped = await mambaad(['score', '--model', 'model', '--on-error', 'skip'], { input });
    expect(skipped.exitCode).toBe(4);
    expect(
      skipped.lines.map((line) => JSON.parse(line)).map(({ type, path }) => `${type} ${path ?? ''}`),
    ).toEqual(['score photos/good-0.png', 'error gone-bad.png', 'score photos/good-1.png', 'end ']);
  });
});

describe('a mask', () => {
  const scoreOf = (mask: string, size: [number, number]) =>
    `${JSON.stringify({
      v: 1,
      type: 'score',
      path: 'a.png',
      class: 'bolt',
      label: 'anomaly',
      image_size: size,
      mask,
      model: 'fcde2b2edba56bf4',
      raw_score: 1,
      score: 0.7,
      threshold: 0.5,
      verdict: 'ng',
      map: {
        dtype: 'float32',
        shape: [2, 2],
        data: Buffer.from(new Float32Array(4).buffer).toString('base64'),
      },
      map_threshold: 0.5,
      ms: 1,
    })}\n`;
  const blank = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();

  test('of another size but the same view is taken', async () => {
    const input = scoreOf(write('half.png', await blank(48, 48)), [96, 96]);
    const result = await mambaad(['metrics'], { input });
    expect(result.exitCode, result.stderr).toBe(0);
  });

  test('of another shape is refused with both sizes', async () => {
    const input = scoreOf(write('wide.png', await blank(96, 48)), [96, 96]);
    const result = await mambaad(['metrics'], { input });
    expect(result.exitCode).toBe(65);
    expect(result.stderr).toBe(
      'mambaad metrics: wide.png: the mask is 96×48, its image 96×96; a mask must show the same view.\n',
    );
  });
});

test.each([0, 1, 2, 3])(
  'extract interrupted at a random moment (%i) ends with 130 and no half entry in the cache',
  async (i) => {
    const cache = join(folder, `cache-${i}`);
    const many = Array.from({ length: 60 }, (_, n) => join(photos, `good-${n % 3}.png`)).join('\n');
    const result = await mambaad(['extract', '--cache', cache], {
      input: many,
      // An end that never comes: no run is over before its signal, however fast the machine.
      keepOpen: true,
      killAfterMs: 250 + 450 * i,
      killWith: 'SIGINT',
    });
    expect(result.killedBy === 'SIGINT' ? 130 : result.exitCode).toBe(130);
    expect(result.stderr).toBe('');
    const left = readdirSync(folder, { recursive: true }).map(String);
    expect(left.filter((name) => name.includes('mambaad-tmp'))).toEqual([]);
  },
);
