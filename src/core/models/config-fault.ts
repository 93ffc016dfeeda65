import type { Family } from './family.js';

/** Numbers in a config: sizes and counts. */
const largest = 1e8;
/** What a network repeats, each time with tensors of its own: the published networks have less than a dozen. */
const repeated = /^(depths|bottleneck|encoderLayers|decoderLayers|heads|directions|hss|levels|noiseLevels)$/;
const mostRepeated = 256;
/** What need not be whole, and what may be none; all else counts or measures something. */
const fractions = /^(dropPath|dropout|noise|jitter|coreset)$/;
const switches = /^(noiseLevels|minSide|neighbourWindow|rows|bottleneck)$/;
/** Attention compares every token with every other: the fourth power of this is allocated. */
const mostTokensASide = 64;
const longestList = 64;

/**
 * Whether a stored config is one that a family can be built from: all keys that its presets share, none that no preset
 * has, values of the presets' kinds, and numbers that do not ask for more than any network has.
 *
 * @returns what is wrong, for a message; undefined when nothing is
 */
export function configFault(
  { name, presets }: Pick<Family<unknown>, 'name' | 'presets'>,
  config: unknown,
): string | undefined {
  return fault(config, Object.values(presets), '', name);
}

/** @param known the same place of every preset */
function fault(value: unknown, known: readonly unknown[], path: string, family: string): string | undefined {
  const kind = kindOf(value);
  if (!known.some((preset) => kindOf(preset) === kind))
    return `"${path}" of a ${family} config is a ${[...new Set(known.map(kindOf))].join(' or ')}, not a ${kind}`;
  if (isObject(value)) return faultOfObject(value, known.filter(isObject), path, family);
  if (Array.isArray(value)) {
    const inner = known.filter(Array.isArray).flat();
    if (value.length > longestList)
      return `"${path}" has ${value.length} values, at most ${longestList} make sense`;
    return first(value.map((item) => (inner.length === 0 ? undefined : fault(item, inner, path, family))));
  }
  if (typeof value === 'string' && value.length > 200) return `"${path}" is ${value.length} characters long`;
  return typeof value === 'number' ? faultOfNumber(value, path) : undefined;
}

function faultOfObject(
  value: Record<string, unknown>,
  known: readonly Record<string, unknown>[],
  path: string,
  family: string,
): string | undefined {
  const place = (key: string) => (path === '' ? key : `${path}.${key}`);
  const unknown = Object.keys(value).find((key) => !known.some((preset) => Object.hasOwn(preset, key)));
  if (unknown !== undefined) return `a ${family} config has no "${place(unknown)}"`;
  const missing = Object.keys(known[0] ?? {}).find(
    (key) => !Object.hasOwn(value, key) && known.every((preset) => Object.hasOwn(preset, key)),
  );
  if (missing !== undefined) return `"${place(missing)}" is missing`;
  return first(
    Object.entries(value).map(([key, inner]) => {
      const there = known.filter((preset) => Object.hasOwn(preset, key)).map((preset) => preset[key]);
      return fault(inner, there, place(key), family);
    }),
  );
}

function faultOfNumber(value: number, path: string): string | undefined {
  const key = path.split('.').at(-1)!;
  const most = repeated.test(key) ? mostRepeated : key === 'side' ? mostTokensASide : largest;
  const least = fractions.test(key) || switches.test(key) ? 0 : 1;
  const whole = Number.isInteger(value) || fractions.test(key);
  if (whole && value >= least && value <= most) return undefined;
  return `"${path}" is ${value}, expected ${fractions.test(key) ? '' : 'a whole number, '}${least} to ${most}`;
}

const first = (faults: readonly (string | undefined)[]) => faults.find((found) => found !== undefined);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
