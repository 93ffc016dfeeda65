import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where extracted features are kept: MAMBAAD_CACHE, or the XDG cache folder. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.MAMBAAD_CACHE) return environment.MAMBAAD_CACHE;
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mambaad');
}
