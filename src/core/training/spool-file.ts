import { open, rm } from 'node:fs/promises';
import { temporarySibling } from '../files/atomic.js';
import { outputFailure } from '../files/file-errors.js';
import type { Spool } from './feature-collection.js';

/** A temporary file beside `target` that takes features which came inline; made when the first ones come. */
export class SpoolFile implements Spool {
  private readonly path: string;
  private handle: Awaited<ReturnType<typeof open>> | null = null;
  private size = 0;

  constructor(target: string) {
    this.path = temporarySibling(target);
  }

  async append(bytes: Uint8Array): Promise<{ file: string; offset: number }> {
    const offset = this.size;
    this.size += bytes.byteLength;
    try {
      this.handle ??= await open(this.path, 'w');
      await this.handle.write(bytes, 0, bytes.byteLength, offset);
    } catch (error) {
      throw outputFailure(this.path, error, this.size);
    }
    return { file: this.path, offset };
  }

  async remove(): Promise<void> {
    await this.handle?.close();
    await rm(this.path, { force: true });
  }
}
