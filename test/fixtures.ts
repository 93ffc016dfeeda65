import { fileURLToPath } from 'node:url';

/** A parity golden of test/fixtures. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}
