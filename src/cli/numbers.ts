import { UsageError } from '../core/errors.js';

// What people write and programs print. Number() would also take "", " ", "0x10" and "Infinity".
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A decimal number, or undefined for anything else, numbers beyond float64 included. */
function decimalOf(text: string): number | undefined {
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** A number in [low, high]. @throws UsageError otherwise */
export function parseNumber(flag: string, text: string, low: number, high: number): number {
  const value = decimalOf(text);
  if (value !== undefined && value >= low && value <= high) return value;
  throw new UsageError(`--${flag} ${shown(text)}: expected a number from ${low} to ${high}, such as 0.5`);
}

/** Which rates make sense; both ends included unless told. */
export interface RateBounds {
  low?: number;
  high?: number;
  /** Whether neither end is a rate that may be asked for. */
  open?: boolean;
  /** Shown to whoever wrote something else. */
  example?: string;
}

/** A rate as a fraction ("0.05") or a percentage ("5%", "5 %"). @throws UsageError for anything else */
export function parseRate(
  flag: string,
  text: string,
  { low = 0, high = 1, open = false, example = '0.05 or 5%' }: RateBounds = {},
): number {
  const value = rateOf(text);
  if (value !== undefined && (open ? value > low && value < high : value >= low && value <= high))
    return value;
  const range = open ? `between ${low} and ${high}` : `from ${low} to ${high}`;
  throw new UsageError(
    `--${flag} ${shown(text)}: expected a rate ${range} or a percentage, such as ${example}`,
  );
}

function rateOf(text: string): number | undefined {
  const [, percent] = /^(.*?)\s*%$/.exec(text) ?? [];
  if (percent === undefined) return decimalOf(text);
  const value = decimalOf(percent);
  return value === undefined ? undefined : value / 100;
}

function shown(text: string): string {
  return text.trim() === '' ? JSON.stringify(text) : text;
}
