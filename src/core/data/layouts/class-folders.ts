import { Buffer } from 'node:buffer';
import type { ImageRecord } from '../../records/schemas.js';
import { folderName, imageRecord } from './image-record.js';
import type { Layout, LayoutOptions, Split } from './layout.js';
import { pairMasks } from './mask-pairs.js';
import { childFolder, type Entry, foldersIn, imagesIn } from './walk.js';

interface Scheme {
  readonly name: string;
  readonly expected: string;
  /** Folders of a class that belong to each split. */
  readonly splits: Readonly<Record<Split, readonly string[]>>;
  /** MVTec-3D: images lie in <defect>/rgb, their masks in <defect>/gt. */
  readonly within?: { readonly images: string; readonly masks: string };
}

// What MVTec-AD, BTAD and hand-made sets call parts without a defect.
const normalNames = new Set(['good', 'ok', 'normal']);

/**
 * MVTec-AD and everything laid out like it: <class>/train/good, <class>/test/<defect>, <class>/ground_truth/<defect>,
 * or one such class folder. Covers MPDD, Uni-Medical, VisA `1cls`, and BTAD, whose good parts are "ok".
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
    recognises: async (root) => (await classesOf(root, scheme)).length > 0,
    records: (root, options) => allClasses(root, scheme, options),
  };
}

async function* allClasses(
  root: string,
  scheme: Scheme,
  options: LayoutOptions,
): AsyncGenerator<ImageRecord> {
  for (const { name, path } of await classesOf(root, scheme)) {
    if (options.classes && !options.classes.has(name)) continue;
    for (const split of ['train', 'test'] as const) {
      if (options.split && options.split !== split) continue;
      for (const part of scheme.splits[split]) yield* defects(name, path, split, part, scheme, options);
    }
  }
}

async function* defects(
  className: string,
  classPath: Buffer,
  split: Split,
  part: string,
  scheme: Scheme,
  options: LayoutOptions,
): AsyncGenerator<ImageRecord> {
  const folder = await childFolder(classPath, part);
  if (!folder) return;
  const kinds = await foldersIn(folder.path);
  for (const kind of kinds) {
    const images = await imagesIn(
      scheme.within ? (await childFolder(kind.path, scheme.within.images))?.path : kind.path,
    );
    const normal = normalNames.has(kind.name.toLowerCase());
    const masks = normal ? [] : await masksOf(classPath, kind, images, scheme, options);
    for (const [i, image] of images.entries()) {
      const label = normal ? 'normal' : 'anomaly';
      const defect = normal ? 'good' : kind.name;
      yield imageRecord(image.path, {
        class: className,
        split,
        label,
        defect,
        mask: masks[i]?.path.toString(),
      });
    }
  }
  if (split === 'test' && !scheme.within) await reportOrphanedMasks(classPath, kinds, options);
}

async function masksOf(
  classPath: Buffer,
  kind: Entry,
  images: readonly Entry[],
  scheme: Scheme,
  { onOddity }: LayoutOptions,
): Promise<(Entry | undefined)[]> {
  const truth = scheme.within ? kind : await childFolder(classPath, 'ground_truth');
  const folder = truth && (await childFolder(truth.path, scheme.within ? scheme.within.masks : kind.name));
  const { masks, unclaimed } = pairMasks(images, await imagesIn(folder?.path));
  for (const mask of unclaimed) onOddity?.({ kind: 'mask-without-image', path: mask.path.toString() });
  return masks;
}

/** Masks of a kind of defect of which there is no image folder. */
async function reportOrphanedMasks(
  classPath: Buffer,
  kinds: readonly Entry[],
  { onOddity }: LayoutOptions,
): Promise<void> {
  const truth = onOddity && (await childFolder(classPath, 'ground_truth'));
  if (!truth) return;
  const known = new Set(kinds.map(({ name }) => name.toLowerCase()));
  for (const folder of await foldersIn(truth.path)) {
    if (known.has(folder.name.toLowerCase())) continue;
    for (const mask of await imagesIn(folder.path))
      onOddity({ kind: 'mask-without-image', path: mask.path.toString() });
  }
}

/** The class folders below a root, or the root itself when it is one. */
async function classesOf(root: string, scheme: Scheme): Promise<{ name: string; path: Buffer }[]> {
  if (await isClass(root, scheme)) return [{ name: folderName(root), path: Buffer.from(root) }];
  const classes = [];
  for (const folder of await foldersIn(root)) if (await isClass(folder.path, scheme)) classes.push(folder);
  return classes;
}

async function isClass(folder: string | Buffer, scheme: Scheme): Promise<boolean> {
  for (const part of [...scheme.splits.train, ...scheme.splits.test]) {
    const found = await childFolder(folder, part);
    for (const kind of found ? await foldersIn(found.path) : []) {
      if (!scheme.within || (await childFolder(kind.path, scheme.within.images))) return true;
    }
  }
  return false;
}
