import { Buffer } from 'node:buffer';
import type { ImageRecord } from '../../records/schemas.js';
import { imageRecord } from './image-record.js';
import type { LayoutOptions } from './layout.js';

/**
 * Image records of paths given one by one (arguments, or lines of stdin), in their order. The class is "default" unless
 * one is given; nothing is opened here.
 */
export async function* pathList(
  paths: Iterable<string | Buffer> | AsyncIterable<string | Buffer>,
  { className = 'default', split }: LayoutOptions = {},
): AsyncGenerator<ImageRecord> {
  const label = split === 'train' ? 'normal' : undefined;
  for await (const path of paths)
    yield imageRecord(Buffer.from(path as string), { class: className, split, label });
}
