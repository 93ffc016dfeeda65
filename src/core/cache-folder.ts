import { ownFolder } from './home-folder.js';

/** Where extracted features are kept: MAMBAAD_CACHE, or the XDG cache folder. @throws InputMissingError without a home */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return ownFolder({ own: 'MAMBAAD_CACHE', xdg: 'XDG_CACHE_HOME', below: ['.cache'] }, environment);
}

/** What to do where the cache's folder cannot be written. */
export const cacheAdvice = 'take --inline, or set MAMBAAD_CACHE or --cache';
