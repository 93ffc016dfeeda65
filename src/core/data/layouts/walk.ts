import { Buffer } from 'node:buffer';
import type { Dirent } from 'node:fs';
import fs from 'node:fs/promises';
import { errnoOf, inputFailure } from '../../files/file-errors.js';
import { nameForm } from '../../records/name-form.js';
import { hasImageEnding, isSystemFile, isSystemFolder } from './ignored-names.js';

/** A file or folder by the bytes of its name, which need not be UTF-8. */
export interface Entry {
  /** The name as text in the normal form NFC; invalid bytes are replaced, so open `path`, not this. */
  readonly name: string;
  readonly path: Buffer;
  readonly kind: 'file' | 'folder' | 'hidden' | 'broken-link' | 'special';
}

/**
 * What a folder holds, bytewise sorted, symbolic links followed. What systems keep for themselves (thumbnails of storage
 * boxes, waste bins, .DS_Store) is left out.
 *
 * @throws InputMissingError when the folder is absent or unreadable
 */
export async function entriesOf(folder: string | Buffer): Promise<Entry[]> {
  const found = await fs
    .readdir(folder, { encoding: 'buffer', withFileTypes: true })
    .catch((error: unknown) => {
      throw inputFailure(String(folder), error, 'a folder that can be read');
    });
  const entries: Entry[] = [];
  for (const dirent of found.sort((a, b) => Buffer.compare(a.name, b.name))) {
    const path = joined(folder, dirent.name);
    const name = nameForm(dirent.name.toString('utf8'));
    const kind = await kindOf(dirent, name, path);
    if (kind) entries.push({ name, path, kind });
  }
  return entries;
}

/** `entriesOf`, empty for a folder that is not there. @throws InputMissingError when it is there and may not be read */
export async function entriesIfAny(folder: string | Buffer | undefined): Promise<Entry[]> {
  if (folder === undefined) return [];
  return entriesOf(folder).catch((error: unknown) => {
    const code = errnoOf(error instanceof Error ? error.cause : undefined);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  });
}

export async function foldersIn(folder: string | Buffer): Promise<Entry[]> {
  return (await entriesIfAny(folder)).filter(({ kind }) => kind === 'folder');
}

/** The image files directly in a folder, by the ending of their names. */
export async function imagesIn(folder: string | Buffer | undefined): Promise<Entry[]> {
  return (await entriesIfAny(folder)).filter(isImage);
}

/** `foldersIn` for telling layouts apart: a folder that may not be read looks like none, and is told when it is read. */
export async function visibleFoldersIn(folder: string | Buffer): Promise<Entry[]> {
  return foldersIn(folder).catch(() => []);
}

/** A subfolder by name: exactly, or else in any case. */
export async function childFolder(folder: string | Buffer, name: string): Promise<Entry | undefined> {
  const folders = await foldersIn(folder);
  return (
    folders.find((entry) => entry.name === name) ??
    folders.find((entry) => entry.name.toLowerCase() === name.toLowerCase())
  );
}

/** How many image files lie below a folder. @throws InputMissingError for a folder that may not be read */
export async function countImages(folder: Buffer, seen = new Set<string>()): Promise<number> {
  const id = await identity(folder);
  if (id === undefined || seen.has(id)) return 0;
  seen.add(id);
  const entries = await entriesOf(folder);
  let count = entries.filter(isImage).length;
  for (const { kind, path } of entries) if (kind === 'folder') count += await countImages(path, seen);
  return count;
}

/** What tells files and folders apart whatever their paths; undefined for what is not there. */
export async function identity(path: string | Buffer): Promise<string | undefined> {
  const found = await fs.stat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.dev}:${found.ino}`;
}

export function isImage({ kind, name }: Entry): boolean {
  return kind === 'file' && hasImageEnding(name);
}

/** Folder and name joined; "." vanishes, so that paths read as the user would write them. */
export function joined(folder: string | Buffer, name: string | Buffer): Buffer {
  const [head, tail] = [Buffer.from(folder as string), Buffer.from(name as string)];
  if (head.length === 0 || head.equals(Buffer.from('.'))) return tail;
  const slash = head[head.length - 1] === 0x2f ? [] : [Buffer.from('/')];
  return Buffer.concat([head, ...slash, tail]);
}

async function kindOf(
  dirent: Dirent<Buffer>,
  name: string,
  path: Buffer,
): Promise<Entry['kind'] | undefined> {
  const kind = dirent.isSymbolicLink() ? await kindBehind(path) : plainKind(dirent);
  if (kind === 'folder' ? isSystemFolder(name) : isSystemFile(name)) return undefined;
  return name.startsWith('.') ? 'hidden' : kind;
}

async function kindBehind(link: Buffer): Promise<Entry['kind']> {
  const target = await fs.stat(link).catch(() => undefined);
  return target ? plainKind(target) : 'broken-link';
}

function plainKind(found: { isFile(): boolean; isDirectory(): boolean }): Entry['kind'] {
  if (found.isFile()) return 'file';
  return found.isDirectory() ? 'folder' : 'special';
}
