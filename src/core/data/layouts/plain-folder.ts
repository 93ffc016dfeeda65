import { Buffer } from 'node:buffer';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { folderName, imageRecord } from './image-record.js';
import type { Layout } from './layout.js';
import { imagesUnder } from './walk.js';

/**
 * Any folder of images, subfolders included. The class of an image is the folder that holds it, unless one is given;
 * its label is unknown, or normal when it is to be trained on.
 */
export const plainFolder: Layout = {
  name: 'folder',
  expected: 'images (png, jpg, jpeg, bmp, webp, tif, tiff, gif) in it or its subfolders',
  recognises: async (root) => (await stat(root).catch(() => undefined))?.isDirectory() === true,
  async *records(root, { split, classes, className }) {
    for await (const { path } of imagesUnder(root)) {
      const holder = dirname(path.toString());
      const name = className ?? (holder === '.' || holder === root ? folderName(root) : basename(holder));
      if (classes && !classes.has(name)) continue;
      yield imageRecord(path, { class: name, split, label: split === 'train' ? 'normal' : undefined });
    }
  },
};

/** One image file: its class is "default" unless one is given. */
export const singleImage: Layout = {
  name: 'image',
  expected: 'an image file',
  recognises: async (root) => (await stat(root).catch(() => undefined))?.isFile() === true,
  async *records(root, { split, className = 'default' }) {
    const label = split === 'train' ? 'normal' : undefined;
    yield imageRecord(Buffer.from(root), { class: className, split, label });
  },
};
