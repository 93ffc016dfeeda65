import type { Buffer } from 'node:buffer';
import type { ImageRecord } from '../../records/schemas.js';
import { isThumbnailFolder } from './ignored-names.js';
import { imageRecord, type Known } from './image-record.js';
import type { Split } from './layout.js';
import { assign, type Found, findMasks, masksAmong } from './mask-folders.js';
import { type Place, placeBelow, type Subfolders, subfoldersOf } from './place.js';
import type { Reading } from './reading.js';
import { countImages, type Entry, entriesOf, isImage } from './walk.js';

/**
 * All images of a folder and its subfolders, depth first and bytewise by name, with what the names of their folders say:
 * label, kind of defect, split, class. Masks among them or in folders of their own are given to their images by name.
 *
 * @throws InputMissingError for a folder that cannot be read, DataError for folders that contradict each other
 */
export async function* imagesBelow(
  folder: string | Buffer,
  place: Place,
  reading: Reading,
): AsyncGenerator<Found> {
  if (!(await reading.enter(folder))) return;
  const entries = await entriesOf(folder);
  const { images, masks } = masksAmong(entries.filter(isImage));
  const among = await subfoldersOf(entries, {
    hasImages: images.length > 0 || place.label !== undefined,
    strict: place.truthBeside,
  });
  const own = placeOfImages(place, among);
  await reading.nameUnread(entries, own);
  await reading.inspect(images);
  const found = new Map(images.map((image): [Entry, Found] => [image, { image, place: own }]));
  if (masks.length > 0) pairWithin([...found.values()], masks, place, reading);
  const inside = contents(entries, found, place, among, reading);
  if (among.masks.length === 0) return yield* inside;
  const all: Found[] = [];
  for await (const item of inside) all.push(item);
  await findMasks(all, among.masks, place.folders.length, reading);
  yield* all;
}

async function* contents(
  entries: readonly Entry[],
  found: ReadonlyMap<Entry, Found>,
  place: Place,
  among: Subfolders,
  reading: Reading,
): AsyncGenerator<Found> {
  for (const entry of entries) {
    const image = found.get(entry);
    if (image) yield image;
    if (entry.kind !== 'folder' || among.masks.includes(entry)) continue;
    if (isThumbnailFolder(entry.name) && entries.length > 1) {
      const path = entry.path.toString();
      reading.report({ kind: 'left-out', path, note: 'thumbnails', count: await countImages(entry.path) });
      continue;
    }
    yield* imagesBelow(entry.path, placeBelow(place, entry, among), reading);
  }
}

/** The record of an image; undefined, and counted, when it is not one that training may take for a good part. */
export function recordOf(found: Found, reading: Reading): ImageRecord | undefined {
  const { split: wanted } = reading.options;
  const { image, place, mask } = found;
  const { class: name, split = wanted, defect } = place;
  if (wanted && split !== wanted) return undefined;
  reading.keep(image.path.toString(), place);
  const { label, doubt } = judged(found, wanted);
  if (wanted === 'train' && label !== 'normal') {
    reading.leaveOut(image.path.toString(), doubt ?? `defective: ${defect}`);
    return undefined;
  }
  const known = label === 'normal' && place.kinds ? 'good' : defect;
  return imageRecord(image.path, { class: name, split, label, defect: known, mask: maskPath(mask, label) });
}

function judged(
  { place, masked }: Found,
  wanted: Split | undefined,
): { label?: Known['label']; doubt?: string } {
  if (place.label !== undefined) return { label: place.label };
  if (place.doubt !== undefined) return { doubt: place.doubt };
  if (place.fallback === 'anomaly') return { label: 'anomaly' };
  if (masked) return { doubt: 'it has a mask and no label' };
  const trained = wanted === 'train' || (place.kinds && place.split === 'train');
  return { label: place.fallback ?? (trained ? 'normal' : undefined) };
}

function maskPath(mask: Entry | undefined, label: ImageRecord['label']): string | undefined {
  return label === 'normal' ? undefined : mask?.path.toString();
}

/** Images that lie loose beside a folder of good parts are not said to be good. */
function placeOfImages(place: Place, among: Subfolders): Place {
  if (place.label !== undefined || !among.normal || place.doubt !== undefined) return place;
  return { ...place, doubt: 'it lies beside a folder of good parts, not in it' };
}

function pairWithin(
  found: readonly Found[],
  masks: readonly Entry[],
  { folders }: Place,
  reading: Reading,
): void {
  const placed = masks.map((entry) => ({ entry, folders: [] }));
  const { unclaimed } = assign(found, placed, folders.length, reading);
  for (const { entry } of unclaimed)
    reading.reportMasks({ kind: 'mask-without-image', path: entry.path.toString() });
}
