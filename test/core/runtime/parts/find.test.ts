import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { folderOf, nativeParts } from '../../../../src/core/runtime/parts/catalogue.js';
import { findPart } from '../../../../src/core/runtime/parts/find.js';

const { onnxruntime, webgpu } = nativeParts;
const lock = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../../../package-lock.json', import.meta.url)), 'utf8'),
);

afterEach(() => vi.unstubAllEnvs());

test.each(Object.values(nativeParts))(
  '$name: version and sum are those of the lock file',
  ({ package: name, version, sha512 }) => {
    expect(lock.packages[`node_modules/${name}`]).toMatchObject({ version, integrity: `sha512-${sha512}` });
  },
);

test('in a clone, parts are those of the development dependencies', () => {
  expect(findPart(onnxruntime)).toMatchObject({
    version: onnxruntime.version,
    entry: expect.stringMatching(/\.node$/),
  });
  expect(findPart(webgpu)).toMatchObject({ entry: expect.stringMatching(/index\.js$/) });
});

test('a part that doctor --fix fetched is found in the data folder', () => {
  const home = mkdtempSync(join(tmpdir(), 'find-part-'));
  vi.stubEnv('MAMBAAD_HOME', home);
  const part = { ...onnxruntime, version: '9.9.9' };
  const entry = join(home, 'parts', folderOf(part), part.entry(process.platform, process.arch));
  mkdirSync(dirname(entry), { recursive: true });
  writeFileSync(entry, '');
  expect(findPart(part)).toEqual({ version: '9.9.9', entry });
});

test('a part that is absent says which command fetches it', () => {
  const absent = { ...onnxruntime, package: 'no-such-package' };
  expect(findPart(absent)).toEqual({
    reason: 'it is not installed; "mambaad doctor --fix onnxruntime" fetches it',
  });
});

test('a package in another version is not used: its machine code may be called otherwise', () => {
  expect(findPart({ ...onnxruntime, version: '9.9.9' })).toEqual({
    reason:
      'the package onnxruntime-node is here in another version; "mambaad doctor --fix onnxruntime" fetches 9.9.9',
  });
});

test('a platform that a package has nothing for is not sent to fetch it', () => {
  expect(findPart({ ...onnxruntime, platforms: [] })).toEqual({
    reason: `onnxruntime-node has nothing for ${process.platform}-${process.arch}`,
  });
});
