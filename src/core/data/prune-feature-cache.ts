import fs from 'node:fs/promises';
import { join } from 'node:path';
import { removeAbandonedTemporaries } from '../files/atomic.js';
import { inputFailure } from '../files/file-errors.js';

export interface Pruned {
  readonly removed: number;
  readonly removedBytes: number;
  readonly kept: number;
  readonly keptBytes: number;
}

/**
 * Deletes the least recently used entries of a feature cache until at most `maxBytes` are left, and what killed writers
 * left behind. Records that name a deleted entry can no longer be read: prune between runs.
 *
 * @throws InputMissingError when the folder is absent
 */
export async function pruneFeatureCache(folder: string, maxBytes: number): Promise<Pruned> {
  const entries = await entriesOf(folder);
  entries.sort((a, b) => b.used - a.used || (a.path < b.path ? -1 : 1));
  let [kept, keptBytes, removed, removedBytes] = [0, 0, 0, 0];
  for (const { path, size } of entries) {
    if (removed === 0 && keptBytes + size <= maxBytes) {
      kept++;
      keptBytes += size;
      continue;
    }
    await fs.rm(path, { force: true });
    removed++;
    removedBytes += size;
  }
  return { removed, removedBytes, kept, keptBytes };
}

async function entriesOf(folder: string): Promise<{ path: string; size: number; used: number }[]> {
  const entries: { path: string; size: number; used: number }[] = [];
  for (const first of await shards(folder)) {
    for (const second of await shards(first).catch(() => [])) {
      await removeAbandonedTemporaries(second).catch(() => []);
      for (const name of await fs.readdir(second).catch(() => [] as string[])) {
        const path = join(second, name);
        // Another process may prune at the same time.
        const stat = name.endsWith('.safetensors') ? await fs.stat(path).catch(() => undefined) : undefined;
        if (stat) entries.push({ path, size: stat.size, used: stat.mtimeMs });
      }
    }
  }
  return entries;
}

/** The two-digit subfolders: a folder that is not a cache has none, and nothing of it is touched. */
async function shards(folder: string): Promise<string[]> {
  const names = await fs.readdir(folder).catch((error: unknown) => {
    throw inputFailure(folder, error, 'a feature cache');
  });
  return names
    .filter((name) => /^[0-9a-f]{2}$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}
