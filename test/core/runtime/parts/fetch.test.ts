import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as tar from 'tar';
import { beforeAll, expect, test } from 'vitest';
import { DataError, InputMissingError, OutputError, UnavailableError } from '../../../../src/core/errors.js';
import { type NativePart, nativeParts } from '../../../../src/core/runtime/parts/catalogue.js';
import { fetchPart } from '../../../../src/core/runtime/parts/fetch.js';

const folder = mkdtempSync(join(tmpdir(), 'parts-'));
const tarball = join(folder, 'onnxruntime-node.tgz');
const linux = 'bin/napi-v6/linux/x64/onnxruntime_binding.node';
let part: NativePart;

beforeAll(async () => {
  const windows = 'bin/napi-v6/win32/x64/onnxruntime_binding.node';
  for (const file of [linux, windows, 'script/install.js', 'package.json']) {
    const path = join(folder, 'package', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file);
  }
  await tar.create({ cwd: folder, file: tarball, gzip: true }, ['package']);
  const sha512 = createHash('sha512').update(readFileSync(tarball)).digest('base64');
  part = { ...nativeParts.onnxruntime, sha512 };
});

const here = { platform: 'linux', arch: 'x64' } as const;
const fresh = () => mkdtempSync(join(folder, 'data-'));
const contents = (dir: string) =>
  readdirSync(dir, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? entry.name : [],
  );

test('what one platform needs is taken out of the package, and nothing else', async () => {
  const dir = fresh();
  const place = await fetchPart(part, { dir, tarball, ...here });
  expect(place).toBe(join(dir, 'parts', 'onnxruntime-node-1.30.0'));
  expect(readFileSync(join(place, linux), 'utf8')).toBe(linux);
  expect(contents(dir).sort()).toEqual(['onnxruntime_binding.node', 'package.json']);
  expect(existsSync(tarball)).toBe(true);
});

test('fetching again replaces what was there', async () => {
  const dir = fresh();
  const place = await fetchPart(part, { dir, tarball, ...here });
  writeFileSync(join(place, linux), 'damaged');
  await fetchPart(part, { dir, tarball, ...here });
  expect(readFileSync(join(place, linux), 'utf8')).toBe(linux);
});

test.each([
  [
    'a tarball with another sum',
    () => ({ ...part, sha512: 'x'.repeat(88) }),
    { tarball },
    DataError,
    /sha512 is .*, expected x{12}/,
  ],
  [
    'a tarball that is not there',
    () => part,
    { tarball: '/nonexistent.tgz' },
    InputMissingError,
    /does not exist; expected the tarball of onnxruntime-node@1.30.0/,
  ],
  ['a folder', () => part, { tarball: folder }, DataError, /no regular file/],
  [
    'a platform that the package has nothing for',
    () => part,
    { tarball, arch: 's390x' },
    UnavailableError,
    /nothing for linux-s390x/,
  ],
  [
    'a tarball without this platform',
    () => part,
    { tarball, arch: 'arm64' },
    DataError,
    /holds no bin.napi-v6.linux.arm64/,
  ],
])('%s is refused and leaves nothing behind', async (_, wanted, options, kind, message) => {
  const dir = fresh();
  const failure = await fetchPart(wanted(), { dir, ...here, ...options }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(kind);
  expect((failure as Error).message).toMatch(message);
  expect(contents(dir)).toEqual([]);
});

test.skipIf(process.platform === 'win32')(
  'a pipe is refused at once instead of being read for ever',
  async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    await expect(fetchPart(part, { dir: fresh(), tarball: fifo, ...here })).rejects.toThrow(
      /no regular file/,
    );
  },
);

test('a data folder that cannot be written is named with the variable that names another', async () => {
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  const failure = fetchPart(part, { dir: join(file, 'data'), tarball, ...here });
  await expect(failure).rejects.toThrow(OutputError);
  await expect(failure).rejects.toThrow(/set MAMBAAD_HOME/);
});

test('without a registry the message says how to bring the package', async () => {
  const registry = process.env.npm_config_registry;
  process.env.npm_config_registry = 'http://127.0.0.1:9';
  try {
    await expect(fetchPart({ ...part, version: '0.0.1' }, { dir: fresh(), ...here })).rejects.toThrow(
      /npm pack onnxruntime-node@0.0.1.*On a connected machine run "npm pack .*--fix onnxruntime --from FILE"/,
    );
  } finally {
    if (registry === undefined) delete process.env.npm_config_registry;
    else process.env.npm_config_registry = registry;
  }
});
