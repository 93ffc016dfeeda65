import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { nameForm } from '../records/name-form.js';

/**
 * The path that exists: as it is given, or with its names in another normal form of Unicode (copied from a Mac, "é" is
 * two characters). Undefined when there is none, or several of which nobody knows which is meant.
 */
export async function existingForm(path: string): Promise<string | undefined> {
  if (await exists(path)) return path;
  // Only names beyond ASCII have forms.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is that of ASCII
  if (/^[\u0000-\u007f]*$/.test(path)) return undefined;
  const [above, name] = [dirname(path), basename(path)];
  if (above === path) return undefined;
  const folder = await existingForm(above);
  const names = folder === undefined ? [] : await readdir(folder).catch(() => []);
  const same = names.filter((other) => nameForm(other) === nameForm(name));
  return same.length === 1 ? spelled(path, folder!, same[0]!) : undefined;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** A name without a folder before it stays so. */
function spelled(path: string, folder: string, name: string): string {
  return folder === '.' && !path.startsWith('.') ? name : join(folder, name);
}
