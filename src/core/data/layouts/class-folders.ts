import { Buffer } from 'node:buffer';
import { basename } from 'node:path';
import type { ImageRecord } from '../../records/schemas.js';
import { isBareLabel, meaningOf } from './folder-meaning.js';
import { folderName } from './image-record.js';
import { imagesBelow, recordOf } from './labelled-tree.js';
import { type Layout, type LayoutOptions, type Split, wantsClass } from './layout.js';
import { type Found, findMasks } from './mask-folders.js';
import { nameOthers } from './name-others.js';
import { type Place, placeBelow, subfoldersOf } from './place.js';
import { Reading } from './reading.js';
import { childFolder, type Entry, entriesOf, foldersIn, isImage, visibleFoldersIn } from './walk.js';

interface Scheme {
  readonly name: string;
  readonly expected: string;
  /** Folders of a class that belong to each split. */
  readonly splits: Readonly<Record<Split, readonly string[]>>;
  /** MVTec-3D: images lie in <defect>/rgb, their masks in <defect>/gt. */
  readonly within?: { readonly images: string; readonly masks: string };
}

interface ClassFolder {
  readonly name: string;
  readonly path: Buffer;
}

/**
 * MVTec-AD and everything laid out like it: <class>/train/good, <class>/test/<defect>, <class>/ground_truth/<defect>,
 * or one such class folder. Covers MPDD, Uni-Medical, VisA `1cls`, and BTAD, whose good parts are "ok". A folder whose
 * name does not say that its parts are good is a kind of defect.
 */
export const mvtec = classFolders({
  name: 'mvtec',
  expected:
    '<class>/train/good/*.png and <class>/test/<defect>/*.png, masks in <class>/ground_truth/<defect>',
  splits: { train: ['train'], test: ['test'] },
});

/** MVTec-3D AD, colour images only: <class>/{train,validation,test}/<defect>/{rgb,gt}; validation joins training. */
export const mvtec3d = classFolders({
  name: 'mvtec-3d',
  expected: '<class>/{train,validation,test}/<defect>/rgb/*.png, masks in <class>/test/<defect>/gt',
  splits: { train: ['train', 'validation'], test: ['test'] },
  within: { images: 'rgb', masks: 'gt' },
});

function classFolders(scheme: Scheme): Layout {
  return {
    name: scheme.name,
    expected: scheme.expected,
    recognises: async (root) => (await classesOf(root, scheme, visibleFoldersIn)).length > 0,
    records: (root, options) => allClasses(root, scheme, options),
  };
}

async function* allClasses(
  root: string,
  scheme: Scheme,
  options: LayoutOptions,
): AsyncGenerator<ImageRecord> {
  const classes = await classesOf(root, scheme, foldersIn);
  const reading = new Reading(options);
  for (const folder of classes) {
    if (!wantsClass(options, folder.name)) continue;
    yield* classImages(folder, scheme, reading);
  }
  const isRoot = classes.length === 1 && classes[0]!.path.equals(Buffer.from(root));
  if (!isRoot && !options.classes)
    await nameOthers(root, classes, `it is not laid out as ${scheme.name}`, reading);
  reading.finish();
}

async function* classImages(
  folder: ClassFolder,
  scheme: Scheme,
  reading: Reading,
): AsyncGenerator<ImageRecord> {
  const isMasks = ({ name }: Entry) => !scheme.within && meaningOf(name) === 'mask';
  const masks = (await foldersIn(folder.path)).filter(isMasks);
  const found: Found[] = [];
  const homes: Entry[] = [];
  for (const split of ['train', 'test'] as const) {
    const place = { class: folder.name, split, kinds: true, truthBeside: masks.length > 0, folders: [] };
    for (const part of scheme.splits[split]) {
      const home = await childFolder(folder.path, part);
      if (home) homes.push(home);
      if (!home || (reading.options.split && reading.options.split !== split)) continue;
      reading.newPart();
      const images = scheme.within
        ? kindsOf(home, place, scheme.within, reading)
        : imagesBelow(home.path, place, reading);
      for await (const image of images) found.push(image);
    }
  }
  // Training is on good parts, which need no masks.
  if (reading.options.split !== 'train') await findMasks(found, masks, 0, reading);
  for (const item of found) {
    const record = recordOf(item, reading);
    if (record) yield record;
  }
  await nameOthers(folder.path, [...homes, ...masks], 'it belongs to neither train nor test', reading);
}

/** MVTec-3D: the images of each kind of defect lie in a folder of it, and so do their masks. */
async function* kindsOf(
  home: Entry,
  place: Place,
  within: { readonly images: string; readonly masks: string },
  reading: Reading,
): AsyncGenerator<Found> {
  const kinds = await foldersIn(home.path);
  const among = await subfoldersOf(kinds);
  for (const kind of kinds) {
    const own = { ...placeBelow(place, kind, among), folders: [] };
    const parts = await foldersIn(kind.path);
    const [rgb, masks] = [within.images, within.masks].map((wanted) =>
      parts.find(({ name }) => name.toLowerCase() === wanted),
    );
    const entries = rgb ? await entriesOf(rgb.path) : [];
    const images = entries.filter(isImage);
    await reading.nameUnread(entries, own);
    await reading.inspect(images);
    const found = images.map((image): Found => ({ image, place: own }));
    if (masks && own.label !== 'normal') await findMasks(found, [masks], 0, reading);
    yield* found;
    const known = parts.filter(({ name }) =>
      [within.images, within.masks, 'xyz'].includes(name.toLowerCase()),
    );
    await nameOthers(kind.path, known, `it is not in ${within.images}`, reading);
  }
  await nameOthers(home.path, kinds, 'it is in no folder of a kind of defect', reading);
}

/** The class folders below a root, or the root itself when it is one. */
async function classesOf(
  root: string,
  scheme: Scheme,
  list: (folder: string | Buffer) => Promise<Entry[]>,
): Promise<ClassFolder[]> {
  if (await isClass(root, scheme)) return [{ name: folderName(root), path: Buffer.from(root) }];
  const classes = [];
  for (const folder of await list(root)) {
    // "OK/train" is a label that is sorted by split, not a class.
    if (!isBareLabel(basename(folder.name)) && (await isClass(folder.path, scheme))) classes.push(folder);
  }
  return classes;
}

async function isClass(folder: string | Buffer, scheme: Scheme): Promise<boolean> {
  for (const part of [...scheme.splits.train, ...scheme.splits.test]) {
    const found = (await visibleFoldersIn(folder)).find(({ name }) => name.toLowerCase() === part);
    for (const kind of found ? await visibleFoldersIn(found.path) : []) {
      const rgb = scheme.within?.images;
      if (!rgb || (await visibleFoldersIn(kind.path)).some(({ name }) => name.toLowerCase() === rgb))
        return true;
    }
  }
  return false;
}
