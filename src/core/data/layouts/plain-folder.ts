import { Buffer } from 'node:buffer';
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { nameForm } from '../../records/name-form.js';
import { isBareLabel, isStrongMaskName, meaningOfGivenFolder } from './folder-meaning.js';
import { imageRecord } from './image-record.js';
import { imagesBelow, recordOf } from './labelled-tree.js';
import { type Layout, wantsClass } from './layout.js';
import { labelOfPath } from './path-label.js';
import { type Place, subfoldersOf } from './place.js';
import { Reading } from './reading.js';
import { entriesOf } from './walk.js';

/**
 * Any folder of images, subfolders included. Folders called as good or defective parts (OK, NG, …) label their images,
 * and folders called as masks hold masks. The class of an image is the folder that holds it, or the folder of labelled
 * ones, unless one is given; without such a name its label is unknown, or normal when it is to be trained on.
 */
export const plainFolder: Layout = {
  name: 'folder',
  expected:
    'images (png, jpg, jpeg, jfif, bmp, webp, tif, tiff, gif) in it or its subfolders, good parts in good or OK, others in NG or the name of the defect',
  recognises: async (root) => (await stat(root).catch(() => undefined))?.isDirectory() === true,
  async *records(root, options) {
    const reading = new Reading(options);
    for await (const found of imagesBelow(root, await placeOfRoot(root), reading)) {
      const name = options.className ?? found.place.class;
      if (!wantsClass(options, name)) continue;
      const record = recordOf(found, reading);
      if (record) yield { ...record, class: nameForm(name) };
    }
    reading.finish();
  },
};

async function placeOfRoot(root: string): Promise<Place> {
  const folder = resolve(root);
  const own = basename(folder) || 'default';
  const bare = isBareLabel(own);
  const place = { class: bare ? basename(dirname(folder)) || own : own, kinds: false, folders: [] };
  const meaning = meaningOfGivenFolder(own);
  if (meaning === 'mixed' || (meaning === 'mask' && isStrongMaskName(own)))
    return { ...place, doubt: `its folder is called "${own}"` };
  if (meaning !== 'normal' && meaning !== 'anomaly') return place;
  const { normal, meanings } = await subfoldersOf(await entriesOf(root));
  if (normal || [...meanings.values()].includes('group')) return { ...place, class: own };
  const defect = meaning === 'normal' ? 'good' : own;
  return bare ? { ...place, label: meaning, defect } : { ...place, fallback: meaning, defect };
}

/** One image file: its class is "default" unless one is given. */
export const singleImage: Layout = {
  name: 'image',
  expected: 'an image file',
  recognises: async (root) => (await stat(root).catch(() => undefined))?.isFile() === true,
  async *records(root, options) {
    const { split, className = 'default' } = options;
    const reading = new Reading(options);
    const { label, doubt } = split === 'train' ? labelOfPath(root) : { label: undefined };
    if (label === 'normal' || split !== 'train')
      yield imageRecord(Buffer.from(root), { class: nameForm(className), split, label });
    else reading.leaveOut(root, doubt ?? 'defective');
    reading.finish();
  },
};
