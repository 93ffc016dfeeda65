import type { ImageRecord } from '../../records/schemas.js';
import { readImageFile } from '../decode.js';
import { decodeMask } from '../decode-mask.js';
import { imageRecord } from './image-record.js';
import { type Layout, type Split, wantsClass } from './layout.js';
import { Reading } from './reading.js';
import { type Entry, entriesOf, imagesIn, isImage, visibleFoldersIn } from './walk.js';

interface Part {
  readonly image: Entry;
  readonly mask: Entry;
  readonly split: Split;
  readonly anomaly: boolean;
}

/**
 * KolektorSDD (kosNN/PartN.jpg with PartN_label.bmp) and KolektorSDD2 ({train,test}/NAME.png with NAME_GT.png). Labels
 * follow from the masks. KolektorSDD comes without a split: normal images of the first half of the items train, all
 * others test. KolektorSDD2's defective training images are left out, since training is on normal parts only.
 */
export const kolektor: Layout = {
  name: 'kolektor',
  expected: 'kosNN/PartN.jpg with PartN_label.bmp, or {train,test}/NAME.png with NAME_GT.png',
  recognises: async (root) => (await itemFolders(root)).length > 0 || (await splitFolders(root)).length > 0,
  async *records(root, options) {
    const items = await itemFolders(root);
    const name = options.className ?? (items.length > 0 ? 'kolektorsdd' : 'kolektorsdd2');
    if (!wantsClass(options, name)) return;
    const reading = new Reading(options);
    const parts = items.length > 0 ? await firstEdition(items, reading) : await secondEdition(root, reading);
    for (const split of ['train', 'test'] as const) {
      if (options.split && options.split !== split) continue;
      for (const part of parts) if (part.split === split) yield record(part, name);
    }
    reading.finish();
  },
};

function record({ image, mask, split, anomaly }: Part, name: string): ImageRecord {
  const truth = anomaly
    ? ({ label: 'anomaly', defect: 'defect', mask: mask.path.toString() } as const)
    : ({ label: 'normal', defect: 'good' } as const);
  return imageRecord(image.path, { class: name, split, ...truth });
}

async function firstEdition(items: readonly Entry[], reading: Reading): Promise<Part[]> {
  const parts: Part[] = [];
  for (const [i, item] of items.entries()) {
    for (const [image, mask] of await labelled(item, /_label$/i, reading)) {
      const anomaly = await marksDefect(mask);
      parts.push({ image, mask, anomaly, split: anomaly || i >= items.length / 2 ? 'test' : 'train' });
    }
  }
  return parts;
}

async function secondEdition(root: string, reading: Reading): Promise<Part[]> {
  const parts: Part[] = [];
  for (const { split, folder } of await splitFolders(root)) {
    for (const [image, mask] of await labelled(folder, /_gt$/i, reading)) {
      const anomaly = await marksDefect(mask);
      if (split === 'test' || !anomaly) parts.push({ image, mask, anomaly, split });
      else reading.leaveOut(image.path.toString(), 'defective by its label image');
    }
  }
  return parts;
}

async function itemFolders(root: string): Promise<Entry[]> {
  const items = [];
  for (const folder of await visibleFoldersIn(root)) {
    if (/^kos\d+$/i.test(folder.name) && (await labelled(folder, /_label$/i)).length > 0) items.push(folder);
  }
  return items;
}

async function splitFolders(root: string): Promise<{ split: Split; folder: Entry }[]> {
  const found = [];
  for (const split of ['train', 'test'] as const) {
    const folder = (await visibleFoldersIn(root)).find(({ name }) => name.toLowerCase() === split);
    if (folder && (await labelled(folder, /_gt$/i)).length > 0) found.push({ split, folder });
  }
  return found;
}

/**
 * Images of a folder with their label images: the name that `suffix` ends, without it.
 *
 * @param reading told of what has no partner
 */
async function labelled(
  folder: Entry,
  suffix: RegExp,
  reading?: Reading,
): Promise<[image: Entry, mask: Entry][]> {
  const images = reading ? await entriesOf(folder.path) : await imagesIn(folder.path).catch(() => []);
  await reading?.nameUnread(images);
  const masks = new Map<string, Entry>();
  for (const image of images.filter(isImage)) {
    if (suffix.test(stem(image))) masks.set(stem(image).replace(suffix, ''), image);
  }
  const pairs: [image: Entry, mask: Entry][] = [];
  for (const image of images.filter((entry) => isImage(entry) && !suffix.test(stem(entry)))) {
    const mask = masks.get(stem(image));
    if (mask) pairs.push([image, mask]);
    else reading?.leaveOut(image.path.toString(), 'it has no label image');
    masks.delete(stem(image));
  }
  for (const { path } of masks.values())
    reading?.report({ kind: 'mask-without-image', path: path.toString() });
  return pairs;
}

function stem({ name }: Entry): string {
  return name.slice(0, name.lastIndexOf('.'));
}

async function marksDefect(mask: Entry): Promise<boolean> {
  const { data } = await decodeMask(await readImageFile(mask.path), { path: mask.path.toString() });
  return data.includes(255);
}
