import { ConfigError } from '../errors.js';
import { didYouMean } from '../nearest-name.js';
import type { Family } from './family.js';

/**
 * A preset's config with changes to some of its values. Objects merge, everything else replaces.
 *
 * @throws ConfigError for a preset, a key or a kind of value that the family does not have
 */
export function presetConfig<Config>(
  { name, presets }: Pick<Family<Config>, 'name' | 'presets'>,
  preset: string,
  overrides: Readonly<Record<string, unknown>> = {},
): Config {
  const base = Object.hasOwn(presets, preset) ? presets[preset] : undefined;
  if (base === undefined) {
    throw new ConfigError(
      `${name} has no preset "${preset}": choose one of ${Object.keys(presets).join(', ')}${didYouMean(preset, Object.keys(presets))}`,
    );
  }
  return merge(base, overrides, Object.values(presets), name, '') as Config;
}

/** @param known the same place of every preset: what keys and kinds of values there may be */
function merge(base: unknown, change: unknown, known: unknown[], family: string, path: string): unknown {
  if (!isObject(base) || !isObject(change)) return change;
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    const place = path === '' ? key : `${path}.${key}`;
    const siblings = known.filter((preset) => isObject(preset) && key in preset) as Record<string, unknown>[];
    if (siblings.length === 0) {
      throw new ConfigError(
        `a ${family} config has no "${place}": choose among ${keysOf(known).join(', ')}${didYouMean(key, keysOf(known))}`,
      );
    }
    const kinds = new Set(siblings.map((preset) => kindOf(preset[key])));
    if (!kinds.has(kindOf(value))) {
      throw new ConfigError(
        `"${place}" of a ${family} config is a ${[...kinds].join(' or ')}, not ${JSON.stringify(value)}`,
      );
    }
    checkNumbers(
      value,
      siblings.map((preset) => preset[key]),
      `"${place}" of a ${family} config`,
    );
    result[key] = merge(
      base[key as keyof typeof base],
      value,
      siblings.map((preset) => preset[key]),
      family,
      place,
    );
  }
  return result;
}

/** No config has a negative number, and lists hold what they hold in the presets. */
function checkNumbers(value: unknown, known: unknown[], what: string): void {
  if (typeof value === 'number' && !(value >= 0 && Number.isFinite(value)))
    throw new ConfigError(`${what} is ${value}, expected a number from 0`);
  if (!Array.isArray(value)) return;
  const kinds = new Set(known.flat().map(kindOf));
  for (const item of value) {
    if (kinds.size > 0 && !kinds.has(kindOf(item)))
      throw new ConfigError(`${what} holds ${JSON.stringify(item)}, expected ${[...kinds].join(' or ')}s`);
    checkNumbers(item, [], what);
  }
}

function keysOf(objects: unknown[]): string[] {
  return [...new Set(objects.flatMap((object) => (isObject(object) ? Object.keys(object) : [])))];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
