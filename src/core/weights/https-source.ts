import fs, { type FileHandle } from 'node:fs/promises';
import { DataError, UnavailableError } from '../errors.js';
import { writeFully } from '../files/atomic.js';
import { outputFailure } from '../files/file-errors.js';
import { fileHash } from '../files/file-hash.js';
import type { HttpsSource } from './catalogue.js';
import type { FetchOptions } from './progress.js';

/** Bytes: a server may send without end. */
const downloadLimit = 2 ** 32;

/**
 * Downloads into `target`, going on where an earlier, interrupted call left off. `target` is complete only when this
 * returns; until then it and `<target>.etag` are leftovers to resume from.
 *
 * @throws UnavailableError when the server cannot be reached or refuses
 * @throws DataError when the bytes are not those that the catalogue knows; the file is then removed
 */
export async function download(source: HttpsSource, target: string, options: FetchOptions): Promise<void> {
  const have = (await fs.stat(target).catch(() => null))?.size ?? 0;
  const etag = await fs.readFile(`${target}.etag`, 'utf8').catch(() => '');
  const response = await request(source.url, have, etag, options.signal);
  // 416: everything was there already. 200: the file has changed since, or the server cannot resume.
  if (response.status !== 416) await receive(source, target, response, have, options);
  await checkSum(source, target);
  await fs.rm(`${target}.etag`, { force: true });
}

async function request(
  url: string,
  have: number,
  etag: string,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const resumable = have > 0 && etag !== '';
  const headers = resumable ? { range: `bytes=${have}-`, 'if-range': etag } : undefined;
  const response = await fetch(url, { headers, signal: signal ?? null }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new UnavailableError(`${url}: ${reasonOf(error)}`, { cause: error });
  });
  if (!response.ok && !(resumable && response.status === 416)) {
    throw new UnavailableError(`${url}: the server answers ${response.status} ${response.statusText}`.trim());
  }
  return response;
}

async function receive(
  source: HttpsSource,
  target: string,
  response: Response,
  have: number,
  { signal, onProgress }: FetchOptions,
): Promise<void> {
  const resumed = response.status === 206;
  const etag = response.headers.get('etag');
  const file = await fs.open(target, resumed ? 'a' : 'w').catch((error: unknown) => {
    throw outputFailure(target, error, source.bytes);
  });
  try {
    if (etag && !etag.startsWith('W/')) await fs.writeFile(`${target}.etag`, etag);
    let done = resumed ? have : 0;
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const total = Number.isNaN(length) ? source.bytes : done + length;
    for await (const chunk of chunksOf(source.url, response, signal)) {
      await append(file, chunk, target, total);
      done += chunk.byteLength;
      if (done > downloadLimit) {
        await fs.rm(target, { force: true });
        throw new DataError(`${source.url}: more than ${downloadLimit} bytes, which no encoder has; removed`);
      }
      onProgress?.({ stage: 'download', what: source.url, done, ...(total !== undefined && { total }) });
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function* chunksOf(
  url: string,
  { body }: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    if (body) yield* body;
  } catch (error) {
    signal?.throwIfAborted();
    throw new UnavailableError(`${url}: ${reasonOf(error)}; run again to go on where it stopped`, {
      cause: error,
    });
  }
}

async function append(file: FileHandle, chunk: Uint8Array, target: string, bytes?: number): Promise<void> {
  await writeFully(file, chunk).catch((error: unknown) => {
    throw outputFailure(target, error, bytes);
  });
}

/** @throws DataError when the file is another one than the source promises; it is removed. */
export async function checkSum({ sha256 }: { sha256: string | null }, file: string): Promise<void> {
  if (sha256 === null) return;
  const found = await fileHash(file, 'sha256', 'hex');
  if (found === sha256) return;
  await fs.rm(file, { force: true });
  throw new DataError(`${file}: sha256 is ${found}, expected ${sha256}; removed, run again to fetch it anew`);
}

/** fetch hides the reason one level down. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const message = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
  return message.includes(code) ? message : `${message} (${code})`;
}
