import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { DataError } from '../errors.js';
import { existingForm } from './existing-form.js';
import { shown } from './file-errors.js';

/**
 * The path of a file that a table, an annotation file or a model's manifest names: below `root`, symbolic links included,
 * so that a data set or model from elsewhere cannot have other files of this machine read. A file that is absent passes:
 * opening it tells.
 *
 * @param source what named it, for the message: "meta.csv:7"
 * @param advice the end of the message: what to do
 * @throws DataError for a name that leads outside, unless `allowOutside`
 */
export async function confined(
  root: string,
  name: string,
  source: string,
  allowOutside = false,
  advice = ' unless outside is allowed',
): Promise<string> {
  const refuse = (what: string) =>
    new DataError(
      `${shown(source)}: ${shown(name)} ${what}; only files below ${shown(root)} are read${advice}.`,
    );
  if (name === '' || name.includes('\0'))
    throw new DataError(`${shown(source)}: ${shown(name) || 'an empty name'} is no file name.`);
  const leadsOutside = isAbsolute(name) || escapes(relative(root, resolve(root, name)));
  if (leadsOutside && !allowOutside) throw refuse('leads outside');
  const full = isAbsolute(name) ? name : join(root, name);
  const path = (await existingForm(full)) ?? (await withSlashes(root, name)) ?? full;
  if (allowOutside) return path;
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined && escapes(relative(await realpath(root), real)))
    throw refuse('is a link that leads outside');
  return path;
}

/** A table written on Windows: "images\\a.png" is images/a.png where there is no file of the former name. */
async function withSlashes(root: string, name: string): Promise<string | undefined> {
  if (!name.includes('\\')) return undefined;
  const slashed = name.replaceAll('\\', '/');
  return isAbsolute(slashed) || escapes(relative(root, resolve(root, slashed)))
    ? undefined
    : existingForm(join(root, slashed));
}

function escapes(relativePath: string): boolean {
  return relativePath === '..' || relativePath.startsWith(`..${sep}`) || isAbsolute(relativePath);
}
