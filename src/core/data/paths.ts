import { Buffer, isUtf8 } from 'node:buffer';

/** The path fields of a record for a path given as bytes: names that are not UTF-8 travel as base64 beside the text. */
export function pathFields(bytes: Buffer): { path: string; path_b64?: string } {
  const path = bytes.toString('utf8');
  return isUtf8(bytes) ? { path } : { path, path_b64: bytes.toString('base64') };
}

/** What to open for a record: the text, or the exact bytes where the text cannot hold them. */
export function pathToOpen(record: { path: string; path_b64?: string | undefined }): string | Buffer {
  return record.path_b64 === undefined ? record.path : Buffer.from(record.path_b64, 'base64');
}
