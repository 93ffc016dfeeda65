import type { Buffer } from 'node:buffer';
import { open, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { DataError } from '../../errors.js';
import { shown } from '../../files/file-errors.js';
import { imageFormat } from '../image-format.js';
import { mayBeImage } from './ignored-names.js';
import type { DatasetIssue, LayoutOptions } from './layout.js';
import type { Place } from './place.js';
import { type Entry, identity, isImage } from './walk.js';

/** One reading of a data set: what was read, what was not and why, so that no image vanishes without a word. */
export class Reading {
  private readonly folders = new Set<string>();
  private readonly files = new Map<string, string>();
  private readonly leftOut = new Map<string, { first: string; note: string; count: number }>();
  private readonly read = new Set<string>();
  private readonly readBelow = new Set<string>();
  private readonly lost = new Map<string, { place: Place; first: string; count: number }>();

  constructor(readonly options: LayoutOptions) {}

  report(issue: DatasetIssue): void {
    this.options.onIssue?.(issue);
  }

  /** Reports what is wrong with masks, unless only good parts are read, which need none. */
  reportMasks(issue: DatasetIssue): void {
    if (this.options.split !== 'train') this.report(issue);
  }

  /** Another part of the data set begins: a folder that was read in one may be read in the other. */
  newPart(): void {
    this.folders.clear();
  }

  /** Whether a folder is to be read: each real folder once, so that loops of symbolic links end. */
  async enter(folder: string | Buffer): Promise<boolean> {
    const id = await identity(folder);
    if (id === undefined) return true; // reading it tells why
    if (this.folders.has(id)) {
      this.report({ kind: 'read-already', path: folder.toString(), note: 'a link to a folder that is read' });
      return false;
    }
    this.folders.add(id);
    return true;
  }

  /** Names the files of a folder that are not read. */
  async nameUnread(entries: readonly Entry[], place?: Place): Promise<void> {
    for (const entry of entries) {
      const kind = await unreadKind(entry);
      if (!kind) continue;
      const path = entry.path.toString();
      this.report({ kind, path });
      const lost = kind === 'unread-image' || (kind !== 'hidden' && mayBeImage(entry.name));
      if (place && lost) this.lose(path, place);
    }
  }

  /** Names images that are empty, or the same file as one before. */
  async inspect(images: readonly Entry[]): Promise<void> {
    const found = await Promise.all(
      images.map(({ path }) => stat(path, { bigint: true }).catch(() => undefined)),
    );
    for (const [i, file] of found.entries()) {
      if (!file) continue;
      const path = images[i]!.path.toString();
      const [id, first] = [`${file.dev}:${file.ino}`, this.files.get(`${file.dev}:${file.ino}`)];
      if (file.size === 0n) this.report({ kind: 'file-empty', path });
      if (first === undefined) this.files.set(id, path);
      else if (first !== path) this.report({ kind: 'duplicate', path, note: `the same file as ${first}` });
    }
  }

  /** Says that an image was read. */
  keep(path: string, place: Place): void {
    this.read.add(partOf(place));
    for (let folder = dirname(path); !this.readBelow.has(folder); folder = dirname(folder))
      this.readBelow.add(folder);
  }

  /** Counts an image that is not given out although it can be read. */
  leaveOut(path: string, note: string): void {
    const folder = dirname(path);
    const key = `${folder}\n${note}`;
    const before = this.leftOut.get(key);
    if (before) before.count++;
    else this.leftOut.set(key, { first: path, note, count: 1 });
  }

  /**
   * Reports what was left out.
   *
   * @throws DataError when a part of a class has files that look like images and not one that can be read
   */
  finish(): void {
    for (const { first, note, count } of this.leftOut.values()) {
      const where = count === 1 ? { path: first } : { path: dirname(first), count };
      this.report({ kind: 'left-out', ...where, note });
    }
    for (const [part, { first, count }] of this.lost) {
      if (this.read.has(part) || this.readBelow.has(dirname(first))) continue;
      throw new DataError(
        `${shown(dirname(first))}: holds no image that can be read, but ${count} that cannot (first: ${shown(first)}); convert to PNG, or take the folder out.`,
      );
    }
  }

  private lose(first: string, place: Place): void {
    const { split, classes, className } = this.options;
    if (className === undefined && classes && !classes.has(place.class)) return;
    if (split && place.split && split !== place.split) return;
    if (split === 'train' && place.label === 'anomaly') return;
    const before = this.lost.get(partOf(place));
    if (before) before.count++;
    else this.lost.set(partOf(place), { place, first, count: 1 });
  }
}

function partOf({ class: name, split, label }: Place): string {
  return JSON.stringify([name, split, label]);
}

async function unreadKind(entry: Entry): Promise<DatasetIssue['kind'] | undefined> {
  if (entry.kind === 'broken-link') return 'broken-link';
  if (entry.kind === 'special') return 'special-file';
  if (entry.kind === 'hidden') return 'hidden';
  if (entry.kind !== 'file' || isImage(entry)) return undefined;
  return mayBeImage(entry.name) || (await isNamelessImage(entry)) ? 'unread-image' : 'other-file';
}

/** Whether a file without an ending is an image by its first bytes. */
async function isNamelessImage({ name, path }: Entry): Promise<boolean> {
  if (extname(name) !== '') return false;
  const file = await open(path).catch(() => undefined);
  try {
    const { buffer, bytesRead } = (await file?.read({ length: 512 })) ?? { bytesRead: 0 };
    if (!buffer || bytesRead === 0) return false;
    imageFormat(buffer.subarray(0, bytesRead), name);
    return true;
  } catch {
    return false;
  } finally {
    await file?.close();
  }
}
