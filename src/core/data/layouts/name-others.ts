import type { Buffer } from 'node:buffer';
import type { Reading } from './reading.js';
import { countImages, entriesOf, isImage } from './walk.js';

/** Names what lies beside the folders that are read. */
export async function nameOthers(
  folder: string | Buffer,
  read: readonly { readonly path: Buffer }[],
  note: string,
  reading: Reading,
): Promise<void> {
  const entries = await entriesOf(folder);
  await reading.nameUnread(entries);
  for (const entry of entries) {
    if (isImage(entry)) reading.leaveOut(entry.path.toString(), note);
    if (entry.kind !== 'folder' || read.some(({ path }) => path.equals(entry.path))) continue;
    const count = await countImages(entry.path);
    if (count > 0) reading.report({ kind: 'left-out', path: entry.path.toString(), note, count });
  }
}
