import { createHash } from 'node:crypto';

/**
 * Hash of a manifest's content: everything but its own field `sha256`, whatever the order of keys and the white space. It
 * tells a description that was changed by accident or by hand; it is no signature.
 *
 * @returns 64 hex digits
 */
export function sealOf(manifest: object): string {
  const { sha256: _, ...content } = manifest as { sha256?: unknown };
  return createHash('sha256')
    .update(JSON.stringify(content, (_, value: unknown) => (isPlain(value) ? sorted(value) : value)))
    .digest('hex');
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
