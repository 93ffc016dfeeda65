import { open, rm } from 'node:fs/promises';
import { temporarySibling } from '../files/atomic.js';
import { makeFolderOf } from '../files/check-output.js';
import { outputFailure } from '../files/file-errors.js';
import { removeAtExit } from '../files/remove-at-exit.js';
import type { Spool } from './feature-collection.js';

/**
 * A temporary file beside `target` that takes features which came inline; made when the first ones come, and gone with
 * the process at the latest.
 */
export class SpoolFile implements Spool {
  private readonly path: string;
  private opened: ReturnType<typeof open> | null = null;
  private settled = () => {};
  private size = 0;

  constructor(private readonly target: string) {
    this.path = temporarySibling(target);
  }

  /** May be called again before an earlier call has settled. @throws IoError on a full disk, OutputError */
  async append(bytes: Uint8Array): Promise<{ file: string; offset: number }> {
    const offset = this.size;
    this.size += bytes.byteLength;
    try {
      const file = await this.file();
      for (let at = 0; at < bytes.byteLength; ) {
        const { bytesWritten } = await file.write(bytes, at, bytes.byteLength - at, offset + at);
        at += bytesWritten;
      }
    } catch (error) {
      throw outputFailure(`${this.target} (inline features are put beside it)`, error, this.size);
    }
    return { file: this.path, offset };
  }

  async remove(): Promise<void> {
    const file = await this.opened?.catch(() => null);
    await file?.close();
    await rm(this.path, { force: true });
    this.settled();
  }

  private file(): ReturnType<typeof open> {
    if (!this.opened) {
      this.settled = removeAtExit(this.path);
      this.opened = makeFolderOf(this.path).then(() => open(this.path, 'w'));
    }
    return this.opened;
  }
}
