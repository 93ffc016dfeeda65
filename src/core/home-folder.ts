import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { InputMissingError, MambaadError, OutputError } from './errors.js';
import { errnoOf, outputFailure, shown } from './files/file-errors.js';

interface Place {
  /** This product's own variable, which goes before all others. */
  readonly own: 'MAMBAAD_HOME' | 'MAMBAAD_CACHE';
  /** The variable of the XDG base directory rules. */
  readonly xdg: 'XDG_DATA_HOME' | 'XDG_CACHE_HOME';
  /** Below the home, where neither is set. */
  readonly below: readonly string[];
}

/**
 * A folder of this product's own by the rules of Unix. A base directory that is not absolute is ignored, as the XDG rules
 * ask for.
 *
 * @throws InputMissingError where it would lie under a home that this user does not have: names the variables to set
 */
export function ownFolder({ own, xdg, below }: Place, environment: NodeJS.ProcessEnv): string {
  const chosen = environment[own];
  if (chosen) return chosen;
  const base = environment[xdg];
  return join(base && isAbsolute(base) ? base : join(homeFolder(own), ...below), 'mambaad');
}

/**
 * The home of this user. Container platforms run programs under ids that no list of users knows, where Node has none.
 *
 * @param variable of this product that makes a home needless
 * @throws InputMissingError
 */
export function homeFolder(variable: Place['own']): string {
  const home = homeOrNothing();
  if (isAbsolute(home)) return home;
  const what = home === '' ? 'this user has no home folder' : `HOME is no absolute path (${home})`;
  throw new InputMissingError(`${what}; set ${variable}, or HOME, to a folder for this program's files`);
}

/**
 * What to say when such a folder, or a file in it, cannot be made.
 *
 * @param error of the file system, or what `outputFailure` made of it
 * @param instead how to name another folder: "set MAMBAAD_HOME"
 */
export function ownFolderFailure(folder: string, error: unknown, instead: string): MambaadError {
  const failure = error instanceof MambaadError ? error : outputFailure(folder, error);
  if (!(failure instanceof OutputError)) return failure;
  const what = `${shown(folder)}: nothing can be written there (${errnoOf(failure.cause) ?? 'a file is in the way'})`;
  return new OutputError(`${what}; ${instead} to a folder where it can`, { cause: failure.cause });
}

function homeOrNothing(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}
