import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { OutputError } from '../../../src/core/errors.js';
import { publishDirectory, readPublished, stagingFolder } from '../../../src/core/files/publish-directory.js';
import { compiledCore } from './compiled.js';

let root: string;
let target: string;
beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'publish-'));
  target = join(root, 'line1');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await fs.rm(root, { recursive: true });
});

async function publish(version: string): Promise<void> {
  const staging = await stagingFolder(target);
  await fs.mkdir(join(staging, 'parts'));
  await fs.writeFile(join(staging, 'model.json'), version);
  await fs.writeFile(join(staging, 'parts', 'weights'), version);
  await publishDirectory(staging, target);
}

async function readBoth(folder: string): Promise<string> {
  const json = await fs.readFile(join(folder, 'model.json'), 'utf8');
  return `${json} ${await fs.readFile(join(folder, 'parts', 'weights'), 'utf8')}`;
}

describe('a published folder', () => {
  test('appears whole, replaces the one before it, and leaves nothing else', async () => {
    await publish('1');
    expect(await readPublished(target, readBoth)).toBe('1 1');
    await publish('2');
    expect(await readPublished(target, readBoth)).toBe('2 2');
    expect(await fs.readdir(root)).toEqual(['line1']);
  });

  test('does not replace a folder of other files, nor a file', async () => {
    await fs.mkdir(target);
    await fs.writeFile(join(target, 'thesis.doc'), '');
    await expect(publish('1')).rejects.toThrow(/holds other files and no model.json/);
    expect(await fs.readdir(target)).toEqual(['thesis.doc']);
    await fs.rm(target, { recursive: true });
    await fs.writeFile(target, '');
    await expect(publish('1')).rejects.toThrow(OutputError);
  });

  test('stays when the swap fails half-way', async () => {
    await publish('1');
    const rename = fs.rename;
    let calls = 0;
    vi.spyOn(fs, 'rename').mockImplementation((from, to) => {
      if (++calls === 2) return Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
      return rename(from, to);
    });
    await expect(publish('2')).rejects.toThrow(/writing failed/);
    expect(await readPublished(target, readBoth)).toBe('1 1');
  });

  test('is still read, and put back by the next publication, when a publisher died between its renames', async () => {
    await publish('1');
    await fs.rename(target, join(root, '.line1.mambaad-old-000001763000000-7'));
    expect(await readPublished(target, readBoth)).toBe('1 1');
    await publish('2');
    expect(await readPublished(target, readBoth)).toBe('2 2');
    expect(await fs.readdir(root)).toEqual(['line1']);
  });

  test('that is missing fails as its reader does', async () => {
    await expect(readPublished(target, readBoth)).rejects.toThrow(/ENOENT/);
  });

  test('behind a symbolic link is replaced where the link points', async () => {
    await publish('1');
    await fs.symlink('line1', join(root, 'current'));
    const staging = await stagingFolder(join(root, 'current'));
    await fs.writeFile(join(staging, 'model.json'), '2');
    await publishDirectory(staging, join(root, 'current'));
    expect(await fs.readFile(join(target, 'model.json'), 'utf8')).toBe('2');
    expect((await fs.lstat(join(root, 'current'))).isSymbolicLink()).toBe(true);
  });
});

test('readers beside a publishing process see one whole version each time', async () => {
  await publish('0');
  const module = join(compiledCore('files'), 'files', 'publish-directory.js');
  const script = `
    import { mkdir, writeFile } from 'node:fs/promises';
    import { publishDirectory, stagingFolder } from ${JSON.stringify(module)};
    let enough = false;
    process.stdin.resume().once('end', () => { enough = true; });
    let n = 0;
    while (!enough) {
      n++;
      const staging = await stagingFolder(process.argv[1]);
      await mkdir(staging + '/parts');
      await writeFile(staging + '/model.json', String(n));
      await writeFile(staging + '/parts/weights', String(n));
      await publishDirectory(staging, process.argv[1]);
    }
    console.log(n);`;
  const args = ['--input-type=module', '-e', script, target];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let last = '';
  child.stdout.on('data', (text) => {
    last += text;
  });
  let over = false;
  const exit = new Promise<number | null>((done) => child.once('close', (code) => done(code))).finally(() => {
    over = true;
  });
  const seen = new Set<string>();
  const reader = async () => {
    while (!over) {
      const [json, weights] = (await readPublished(target, readBoth)).split(' ');
      expect(weights).toBe(json);
      seen.add(json!);
      if (seen.size === 30) child.stdin.end();
    }
  };
  await Promise.all([reader(), reader(), reader(), reader()]);
  expect(await exit).toBe(0);
  expect(await readPublished(target, readBoth)).toBe(`${last.trim()} ${last.trim()}`);
});
