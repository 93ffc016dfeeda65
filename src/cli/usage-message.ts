import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean } from '../core/nearest-name.js';

/** What oclif's errors hold that is of use here; which error it is, its message tells. */
export interface OclifError extends Error {
  flags?: readonly string[];
  args?: readonly { name: string; description?: string }[];
  parse?: { input?: { flags?: Record<string, { summary?: string }> } };
}

/**
 * One line for a command line that oclif refuses, with what was probably meant: oclif spreads its complaints over several
 * lines and suggests nothing.
 *
 * @param root folder of the package, whose manifest names the commands
 */
export function usageMessage(error: OclifError, root: string): string {
  const lines = error.message.split('\n').map((line) => line.trim());
  const told = lines.filter((line) => line && !/^(See more help|The following errors? occurred)/.test(line));
  const said = told.join('; ');
  const command = /^command (.*) not found\.?$/i.exec(said)?.[1];
  if (command !== undefined) return unknownCommand(command.replaceAll(':', ' ').trim(), root);
  const flags = error.parse?.input?.flags ?? {};
  if (/^Nonexistent flags?:/.test(said)) return said + nearFlag(error.flags ?? [], Object.keys(flags));
  if (/^Missing \d+ required arg/.test(said)) return `missing ${(error.args ?? []).map(argument).join(', ')}`;
  const [, number, complaint] = /^Parsing (--[\w-]+); (Expected an integer.*)$/.exec(said) ?? [];
  if (number !== undefined) return wholeNumber(number, complaint!);
  return told.map((line) => inOurWords(line, flags)).join('; ');
}

function inOurWords(line: string, flags: Record<string, { summary?: string }>): string {
  const missing = /^Missing required flag (\S+)$/.exec(line)?.[1];
  if (missing !== undefined) {
    const summary = flags[missing]?.summary?.replace(/\.$/, '');
    return `missing required flag --${missing}${summary ? ` (${summary})` : ''}`;
  }
  const [, flag, value, options] = /^Expected --([\w-]+)=(.*) to be one of: (.*)$/.exec(line) ?? [];
  if (options === undefined) return line;
  return `--${flag} ${value || '""'}: expected one of ${options}${didYouMean(value!, options.split(', '))}`;
}

function argument({ name, description }: { name: string; description?: string }): string {
  return `${name.toUpperCase()}${description ? ` (${description})` : ''}`;
}

function wholeNumber(flag: string, complaint: string): string {
  const [, side, bound] = /(greater|less) than or equal to (-?\d+)/.exec(complaint) ?? [];
  const [, value] = /but received:\s*(.*)$/.exec(complaint) ?? [];
  const range = side === undefined ? '' : side === 'greater' ? ` from ${bound}` : ` up to ${bound}`;
  return `${flag} ${value || '""'}: expected a whole number${range}`;
}

function nearFlag(wrong: readonly string[], known: readonly string[]): string {
  const [first = ''] = wrong[0]?.split('=') ?? [];
  if (!first.startsWith('--')) return '';
  const all = [...known, 'help', 'version'].map((name) => `--${name}`);
  return didYouMean(
    first.slice(2),
    all.map((flag) => flag.slice(2)),
  ).replace('"', '"--');
}

function unknownCommand(wanted: string, root: string): string {
  const known = commandNames(root);
  if (wanted.startsWith('-')) return `no flag ${wanted}${nearFlag([wanted], [])}`;
  const words = wanted.split(' ');
  const before = known.find((name) => wanted.startsWith(`${name} `));
  if (before !== undefined) {
    const rest = wanted.slice(before.length + 1);
    return `unexpected argument "${rest}": mambaad ${before} takes none`;
  }
  // "pull" may be meant for "weights pull".
  const byLastWord = known.filter((name) => name.split(' ').length > words.length);
  const last = new Map(byLastWord.map((name) => [name.split(' ').at(-1)!, name]));
  const near = didYouMean(wanted, known) || didYouMean(wanted, last.keys());
  const [, name] = /"(.*)"/.exec(near) ?? [];
  return `no command "${wanted}"${name ? `; did you mean "mambaad ${known.includes(name) ? name : last.get(name)}"?` : ''}`;
}

/** From the manifest, so that no command is loaded to say so; none where there is no manifest. */
function commandNames(root: string): string[] {
  try {
    const { commands } = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
      commands: Record<string, unknown>;
    };
    return [...Object.keys(commands).map((id) => id.replaceAll(':', ' ')), 'help'];
  } catch {
    return [];
  }
}
