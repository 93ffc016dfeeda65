import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whatever tests leave in the temporary folder goes when they are through; the processes they start inherit it. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'mambaad-tests-'));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
