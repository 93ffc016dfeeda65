import { rmSync } from 'node:fs';

const doomed = new Set<string>();
let listening = false;

/**
 * Removes a temporary file or folder when the process ends while it is still there: an interrupted run leaves nothing
 * behind. A kill -9 does; `removeAbandonedTemporaries` finds that later.
 *
 * @returns call it when the path is gone or has become something to keep
 */
export function removeAtExit(path: string): () => void {
  if (!listening) {
    process.once('exit', () => {
      for (const left of doomed) rmSync(left, { recursive: true, force: true });
    });
    listening = true;
  }
  doomed.add(path);
  return () => doomed.delete(path);
}
