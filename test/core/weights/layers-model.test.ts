import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { DataError } from '../../../src/core/errors.js';
import { readLayersModel } from '../../../src/core/weights/layers-model.js';
import { scratchFolder } from './small-files.js';

const weights = [{ name: 'a/kernel', shape: [1], dtype: 'float32' }];
let folder: string;
beforeEach(async () => {
  const parent = await scratchFolder();
  folder = join(parent, 'model');
  await mkdir(folder);
  await writeFile(join(parent, 'outside.bin'), Buffer.alloc(4));
  await writeFile(join(folder, 'inside.bin'), Buffer.from(Float32Array.of(2.5).buffer));
});

async function reading(manifest: unknown): ReturnType<typeof readLayersModel> {
  await writeFile(join(folder, 'model.json'), JSON.stringify(manifest));
  return readLayersModel(join(folder, 'model.json'));
}
const withShards = (...paths: string[]) => reading({ weightsManifest: [{ paths, weights }] });

test.each(['inside.bin', './inside.bin', 'link.bin'])(
  'a shard beside the model is read as %s',
  async (path) => {
    await symlink('inside.bin', join(folder, 'link.bin'));
    expect((await withShards(path)).get('a/kernel')!.data).toEqual(Float32Array.of(2.5));
  },
);

describe('a shard is refused by name when it', () => {
  test.each([
    ['climbs out', '../outside.bin', /leads out/],
    ['climbs out further in', 'x/../../outside.bin', /leads out/],
    ['climbs out and back in', '../model/inside.bin', /leads out/],
    ['is absolute', '/etc/passwd', /leads out/],
    ['has backslashes', '..\\outside.bin', /leads out/],
    ['is an address', 'https://example.org/outside.bin', /is an address/],
    ['is the address of a file', 'file:///etc/passwd', /is an address/],
    ['lies on another drive', 'C:outside.bin', /is an address/],
    ['lies on another host', '//host/share/outside.bin', /is an address/],
    ['has no name', '', /an empty name/],
    ['has a name that ends early', 'inside.bin\0.png', /inside\.bin\\u0000\.png/],
    ['is a link that leads out', 'out.bin', /out\.bin is a link that leads outside/],
    ['lies behind a link that leads out', 'up/outside.bin', /up\/outside\.bin is a link that leads outside/],
    ['is a pipe', 'pipe.bin', /pipe\.bin: a pipe, not a regular file/],
    ['is a folder', 'folder', /folder: a folder, not a regular file/],
    ['is larger than memory', 'huge.bin', /huge\.bin: 100000000000 bytes/],
  ])('%s', async (_, path, reason) => {
    await symlink('../outside.bin', join(folder, 'out.bin'));
    await symlink('..', join(folder, 'up'));
    await mkdir(join(folder, 'folder'));
    execFileSync('mkfifo', [join(folder, 'pipe.bin')]);
    await writeFile(join(folder, 'huge.bin'), '');
    await truncate(join(folder, 'huge.bin'), 100e9);
    await expect(withShards(path)).rejects.toThrow(reason);
    await expect(withShards('inside.bin', path)).rejects.toThrow(DataError);
  });
});

test.each<[string, unknown, RegExp]>([
  ['is a list', [], /has no "weightsManifest"/],
  ['has a manifest that is no list', { weightsManifest: {} }, /weightsManifest: /],
  [
    'has a path that is a number',
    { weightsManifest: [{ paths: [7], weights }] },
    /weightsManifest\.0\.paths\.0: /,
  ],
  [
    'has a negative side',
    { weightsManifest: [{ paths: [], weights: [{ ...weights[0], shape: [-1] }] }] },
    /shape\.0: /,
  ],
  [
    'has a huge tensor',
    { weightsManifest: [{ paths: ['inside.bin'], weights: [{ ...weights[0], shape: [1e15, 1e15] }] }] },
    /shape|end before tensor/,
  ],
  ['is null', null, /has no "weightsManifest"/],
])('a model.json that %s is refused', async (_, manifest, reason) => {
  await expect(reading(manifest)).rejects.toThrow(reason);
  await expect(reading(manifest)).rejects.toThrow(DataError);
});

test('one shard named again and again does not fill memory', async () => {
  await truncate(join(folder, 'inside.bin'), 1e9);
  onTestFinished(() => truncate(join(folder, 'inside.bin'), 0));
  await expect(withShards(...Array<string>(5000).fill('inside.bin'))).rejects.toThrow(
    /at most 147483648 are read/,
  );
});
