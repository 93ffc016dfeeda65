import { posix } from 'node:path';
import { nameForm } from './name-form.js';

interface Named {
  path: string;
  class: string;
  path_b64?: string | undefined;
  image_hash?: string | undefined;
}

/** Notices records that come more than once: of the same class, file and, where it is known, content. */
export class Repeats {
  /** Records that had come before. */
  count = 0;
  private readonly seen = new Set<string>();
  private first: Named | undefined;

  /** Whether this one had come before. */
  note(record: Named): boolean {
    const { path, path_b64, image_hash } = record;
    // A camera may write every picture to the same file: another content is another picture.
    const key = [nameForm(record.class), path_b64 ?? posix.normalize(path), image_hash ?? ''].join('\0');
    if (!this.seen.has(key)) {
      this.seen.add(key);
      return false;
    }
    this.count++;
    this.first ??= record;
    return true;
  }

  /** One line for people; undefined when every record came once. */
  said(consequence: string): string | undefined {
    if (!this.first) return undefined;
    const { path, class: name } = this.first;
    const which = `${path} (class "${name}")`;
    const records =
      this.count === 1 ? `${which} came twice` : `${this.count} records came twice, first ${which}`;
    return `${records}: ${consequence}; was something put into the pipe twice?`;
  }
}
