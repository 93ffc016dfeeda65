import { nameForm } from '../../records/name-form.js';
import { folderKey, meaningOf, withoutMaskWord } from './folder-meaning.js';
import { isNamedMask } from './mask-names.js';
import { type Pairs, type Placed, pairMasks } from './mask-pairs.js';
import type { Place } from './place.js';
import type { Reading } from './reading.js';
import { type Entry, entriesIfAny, isImage } from './walk.js';

/** An image in its place, with its mask once that is found. */
export interface Found {
  readonly image: Entry;
  readonly place: Place;
  mask?: Entry | undefined;
  /** A mask of it is there, but not one that is certainly its own. */
  masked?: boolean;
}

/**
 * Gives images the masks of folders of masks beside them, and reports masks without an image and images without a mask.
 *
 * @param depth how many folder names of a place lie above the folders of masks
 */
export async function findMasks(
  found: readonly Found[],
  folders: readonly Entry[],
  depth: number,
  reading: Reading,
): Promise<void> {
  const masks: Placed[] = [];
  for (const folder of folders) {
    const own = withoutMaskWord(folder.name);
    await gather(folder, own ? [own] : [], masks, reading);
  }
  const without = found.filter(({ masked }) => !masked);
  // A mask of a good part marks nothing; where names alone do not tell, it is that of a defective one.
  const first = assign(
    without.filter(({ place }) => place.label !== 'normal'),
    masks,
    depth,
    reading,
  );
  const left = first.unclaimed;
  const good = without.filter(({ place }) => place.label === 'normal');
  const second = pairMasks(
    good.map((item) => placed(item, depth)),
    left,
  );
  for (const { entry } of second.unclaimed)
    reading.reportMasks({ kind: 'mask-without-image', path: entry.path.toString() });
}

/** Parts the images of a folder from masks that lie among them ("a.png", "a_mask.png"). */
export function masksAmong(images: readonly Entry[]): { images: Entry[]; masks: Entry[] } {
  const named = images.filter(({ name }) => isNamedMask(name));
  const others = images.filter((image) => !named.includes(image));
  const asPlaced = (entry: Entry): Placed => ({ entry, folders: [] });
  const { masks } = pairMasks(others.map(asPlaced), named.map(asPlaced));
  // Without one pair they are pictures of masks, such as those of a factory that makes masks.
  return masks.size > 0 ? { images: others, masks: named } : { images: [...images], masks: [] };
}

/** Gives each image the one mask that fits it. */
export function assign(
  found: readonly Found[],
  masks: readonly Placed[],
  depth: number,
  reading: Reading,
): Pairs {
  const items = new Map(found.map((item) => [placed(item, depth), item]));
  const pairs = pairMasks([...items.keys()], masks);
  for (const [key, own] of pairs.masks) {
    const item = items.get(key)!;
    item.masked = true;
    if (own.length === 1) item.mask = own[0]!.entry;
    else reading.reportMasks({ kind: 'several-masks', path: item.image.path.toString(), note: listed(own) });
  }
  for (const { entry } of pairs.ambiguous)
    reading.reportMasks({
      kind: 'mask-without-image',
      path: entry.path.toString(),
      note: 'it fits several images',
    });
  if (masks.length > 0) {
    for (const { image, place, masked } of found) {
      if (place.label === 'anomaly' && !masked)
        reading.reportMasks({ kind: 'image-without-mask', path: image.path.toString() });
    }
  }
  return pairs;
}

async function gather(
  folder: Entry,
  names: readonly string[],
  into: Placed[],
  reading: Reading,
): Promise<void> {
  const entries = await entriesIfAny(folder.path);
  await reading.nameUnread(entries);
  for (const entry of entries) {
    if (entry.kind === 'folder') await gather(entry, [...names, ...keysOf(entry.name)], into, reading);
    else if (isImage(entry)) into.push({ entry, folders: names });
  }
}

function placed({ image, place }: Found, depth: number): Placed {
  return { entry: image, folders: place.folders.slice(depth).flatMap(keysOf) };
}

/** A folder's name for comparing; nothing for folders that sort by split or hold everything. */
function keysOf(name: string): string[] {
  if (['train', 'test', 'container'].includes(meaningOf(name) ?? '')) return [];
  const key = withoutMaskWord(name) ?? (folderKey(name) || nameForm(name));
  return key === '' ? [] : [key];
}

function listed(masks: readonly Placed[]): string {
  return masks.map(({ entry }) => entry.name).join(', ');
}
