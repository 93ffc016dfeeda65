import { UsageError } from '../core/errors.js';

const seconds: Record<string, number> = { s: 1, m: 60, h: 3600 };

/** "90s", "10m", "1.5h", or plain seconds. @throws UsageError for anything else */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text);
  const value = match ? Number(match[1]) * seconds[match[2] || 's']! : 0;
  if (value > 0) return value;
  throw new UsageError(`"${text}" is no duration: expected something like 90s, 10m or 1.5h`);
}

/** 75 → "1 min 15 s". */
export function formatDuration(total: number): string {
  if (total < 60) return `${total.toFixed(total < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(total / 60);
  const rest = Math.round(total - 60 * minutes);
  return minutes < 60 ? `${minutes} min ${rest} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
