import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const shared =
  process.env.MAMBAAD_SHARED ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'shared');

/** A parity golden of ../shared/fixtures. */
export function fixturePath(name: string): string {
  return join(shared, 'fixtures', name);
}

/** A folder or file of ../shared/data. */
export function dataPath(...parts: string[]): string {
  return join(shared, 'data', ...parts);
}
