import { Buffer } from 'node:buffer';
import type { Dirent } from 'node:fs';
import fs from 'node:fs/promises';
import { extname } from 'node:path';
import { inputFailure } from '../../files/file-errors.js';
import { imageExtensions } from '../image-format.js';

/** A file or folder by the bytes of its name, which need not be UTF-8. */
export interface Entry {
  /** The name as text; invalid bytes are replaced, so open `path`, not this. */
  readonly name: string;
  readonly path: Buffer;
  readonly kind: 'file' | 'folder';
}

/**
 * What a folder holds, bytewise sorted, symbolic links followed; hidden names, broken links and devices are left out.
 *
 * @throws InputMissingError when the folder is absent or unreadable
 */
export async function entriesOf(folder: string | Buffer): Promise<Entry[]> {
  const found = await fs
    .readdir(folder, { encoding: 'buffer', withFileTypes: true })
    .catch((error: unknown) => {
      throw inputFailure(String(folder), error, 'a folder');
    });
  const sorted = found.filter(({ name }) => name[0] !== 0x2e).sort((a, b) => Buffer.compare(a.name, b.name));
  const entries: Entry[] = [];
  for (const dirent of sorted) {
    const path = joined(folder, dirent.name);
    const kind = await kindOf(dirent, path);
    if (kind) entries.push({ name: dirent.name.toString('utf8'), path, kind });
  }
  return entries;
}

/** `entriesOf`, empty for a folder that is not there. */
export async function entriesIfAny(folder: string | Buffer | undefined): Promise<Entry[]> {
  return folder === undefined ? [] : entriesOf(folder).catch(() => []);
}

export async function foldersIn(folder: string | Buffer): Promise<Entry[]> {
  return (await entriesIfAny(folder)).filter(({ kind }) => kind === 'folder');
}

/** The image files directly in a folder, by the ending of their names. */
export async function imagesIn(folder: string | Buffer | undefined): Promise<Entry[]> {
  return (await entriesIfAny(folder)).filter(isImage);
}

/** A subfolder by name: exactly, or else in any case. */
export async function childFolder(folder: string | Buffer, name: string): Promise<Entry | undefined> {
  const folders = await foldersIn(folder);
  return (
    folders.find((entry) => entry.name === name) ??
    folders.find((entry) => entry.name.toLowerCase() === name.toLowerCase())
  );
}

/** All image files below a folder, depth first, each real folder once: loops of symbolic links end. */
export async function* imagesUnder(folder: string | Buffer, seen = new Set<string>()): AsyncGenerator<Entry> {
  const { dev, ino } = await fs.stat(folder, { bigint: true }).catch((error: unknown) => {
    throw inputFailure(String(folder), error, 'a folder');
  });
  if (seen.has(`${dev}:${ino}`)) return;
  seen.add(`${dev}:${ino}`);
  for (const entry of await entriesOf(folder)) {
    if (entry.kind === 'folder') yield* imagesUnder(entry.path, seen);
    else if (isImage(entry)) yield entry;
  }
}

export function isImage({ kind, name }: Entry): boolean {
  return kind === 'file' && imageExtensions.has(extname(name).toLowerCase());
}

/** Folder and name joined; "." vanishes, so that paths read as the user would write them. */
export function joined(folder: string | Buffer, name: string | Buffer): Buffer {
  const [head, tail] = [Buffer.from(folder as string), Buffer.from(name as string)];
  if (head.length === 0 || head.equals(Buffer.from('.'))) return tail;
  const slash = head[head.length - 1] === 0x2f ? [] : [Buffer.from('/')];
  return Buffer.concat([head, ...slash, tail]);
}

async function kindOf(dirent: Dirent<Buffer>, path: Buffer): Promise<Entry['kind'] | undefined> {
  if (dirent.isFile()) return 'file';
  if (dirent.isDirectory()) return 'folder';
  if (!dirent.isSymbolicLink()) return undefined;
  const target = await fs.stat(path).catch(() => undefined);
  if (target?.isFile()) return 'file';
  return target?.isDirectory() ? 'folder' : undefined;
}
