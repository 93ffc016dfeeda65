import { rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { syncFolder, temporarySibling } from '../files/atomic.js';
import { outputFailure } from '../files/file-errors.js';
import { publishDirectory } from '../files/publish-directory.js';
import { removeAtExit } from '../files/remove-at-exit.js';

/**
 * Writes an export under another name and puts it in its place only when it has been proven: what fails leaves nothing,
 * and an earlier export as it was.
 *
 * @param write makes the file or folder, and says its size in bytes
 * @param prove throws when it is not good
 * @param marker for folders, as for `publishDirectory`
 * @throws what the two throw; OutputError, IoError
 */
export async function writeProven<Proof>(
  out: string,
  write: (place: string) => Promise<number>,
  prove: (place: string) => Promise<Proof>,
  marker?: string,
): Promise<{ bytes: number; proof: Proof }> {
  const place = temporarySibling(out);
  const settled = removeAtExit(place);
  try {
    const bytes = await write(place);
    const proof = await prove(place);
    if (marker) await publishDirectory(place, out, marker);
    else await replace(place, out);
    return { bytes, proof };
  } catch (error) {
    await rm(place, { recursive: true, force: true });
    // People know the export by the name that they gave it.
    if (error instanceof Error) error.message = error.message.replace(place, out);
    throw error;
  } finally {
    settled();
  }
}

async function replace(place: string, out: string): Promise<void> {
  try {
    await rename(place, out);
    await syncFolder(dirname(resolve(out)));
  } catch (error) {
    throw outputFailure(out, error);
  }
}
