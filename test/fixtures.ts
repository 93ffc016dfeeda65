import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A parity golden of test/fixtures. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** A folder or file of the real images that MAMBAAD_SHARED/data holds. */
export function dataPath(...parts: string[]): string {
  const shared = process.env.MAMBAAD_SHARED ?? fileURLToPath(new URL('../../shared', import.meta.url));
  return join(shared, 'data', ...parts);
}
