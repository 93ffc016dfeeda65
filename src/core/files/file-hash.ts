import { type BinaryToTextEncoding, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** The hash of a file of any size. @throws what the file system throws */
export async function fileHash(
  path: string,
  algorithm: 'sha256' | 'sha512',
  encoding: BinaryToTextEncoding,
): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest(encoding);
}
