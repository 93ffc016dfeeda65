import { parse } from 'node:path';
import { nameForm } from '../../records/name-form.js';
import { affixes, imageKeysOf, keysOfImage, nameParts } from './mask-names.js';
import type { Entry } from './walk.js';

/** An image or mask with the keys of the folders it lies in, from the class or the folder of masks down. */
export interface Placed {
  readonly entry: Entry;
  readonly folders: readonly string[];
}

export interface Pairs {
  /** The masks that fit each image by name: none, one, or several of which nobody knows which is meant. */
  readonly masks: Map<Placed, Placed[]>;
  /** Masks that fit no image. */
  readonly unclaimed: Placed[];
  /** Masks that fit several images alike. */
  readonly ambiguous: Placed[];
}

/**
 * Finds the masks of images by name, never by position: the image's name whole, with any words before or behind it, in
 * any case and normal form of Unicode, in a folder of the same names as far as there are such.
 */
export function pairMasks(images: readonly Placed[], masks: readonly Placed[]): Pairs {
  const byKey = new Map<string, Placed[]>();
  for (const image of images) {
    for (const key of keysOfImage(image.entry.name)) {
      const same = byKey.get(key);
      if (same) same.push(image);
      else byKey.set(key, [image]);
    }
  }
  const pairs: Pairs = { masks: new Map(), unclaimed: [], ambiguous: [] };
  const beside = byFolder(masks);
  for (const mask of masks) {
    const found = imagesOf(mask, byKey, beside.get(mask.folders.join('/'))!);
    if (found.length === 0) pairs.unclaimed.push(mask);
    else if (found.length > 1) pairs.ambiguous.push(mask);
    else pairs.masks.set(found[0]!, [...(pairs.masks.get(found[0]!) ?? []), mask]);
  }
  return pairs;
}

function byFolder(masks: readonly Placed[]): Map<string, Placed[]> {
  const found = new Map<string, Placed[]>();
  for (const mask of masks) {
    const key = mask.folders.join('/');
    const same = found.get(key);
    if (same) same.push(mask);
    else found.set(key, [mask]);
  }
  return found;
}

type Index = ReadonlyMap<string, readonly Placed[]>;

/** The images a mask fits best: by folder first, then by closeness of the name. */
function imagesOf(mask: Placed, byKey: Index, beside: readonly Placed[]): readonly Placed[] {
  const folder = mask.folders.join('/');
  const byName = imageKeysOf(mask.entry.name).map((key) => nearest(mask, byKey.get(key) ?? []));
  const inSameFolder = byName.find((found) => found.some(({ folders }) => folders.join('/') === folder));
  const choices = [inSameFolder ?? [], inFolderOfItsName(mask, byKey), ...byName];
  return choices.find((found) => found.length > 0) ?? withCommonAffix(mask, byKey, beside);
}

/** MVTec LOCO: the masks of image 000 lie in a folder 000. */
function inFolderOfItsName(mask: Placed, byKey: Index): readonly Placed[] {
  const folder = mask.folders.at(-1);
  if (folder === undefined) return [];
  return nearest({ ...mask, folders: mask.folders.slice(0, -1) }, byKey.get(folder) ?? []);
}

/** "a_scratched" is of "a" when every mask of the folder is called so: otherwise of an image that is not there. */
function withCommonAffix(mask: Placed, byKey: Index, beside: readonly Placed[]): readonly Placed[] {
  const parts = nameParts(mask.entry.name);
  for (let length = parts.length - 1; length > 0; length--) {
    for (let at = 0; at + length <= parts.length; at++) {
      const image = parts.slice(at, at + length);
      const found = nearest(mask, byKey.get(image.join(' ')) ?? []);
      const around = found.length > 0 ? affixes(parts, image) : undefined;
      if (around && beside.every((other) => hasAffixes(nameParts(other.entry.name), around))) return found;
    }
  }
  return [];
}

function hasAffixes(
  parts: readonly string[],
  { before, behind }: { before: readonly string[]; behind: readonly string[] },
): boolean {
  return (
    parts.length > before.length + behind.length &&
    before.every((part, i) => parts[i] === part) &&
    behind.every((part, i) => parts[parts.length - behind.length + i] === part)
  );
}

/** Of images with a fitting name those whose folders agree most; one of several that differ only in case by its case. */
function nearest(mask: Placed, images: readonly Placed[]): readonly Placed[] {
  const scores = images.map((image) => agreement(mask.folders, image.folders));
  const best = Math.max(...scores);
  const found = best < 0 ? [] : images.filter((_, i) => scores[i] === best);
  if (found.length < 2) return found;
  const exact = found.filter(({ entry }) => casedName(mask.entry.name).includes(casedName(entry.name)));
  return exact.length === 1 ? exact : found;
}

/** How many folder names agree; negative when they contradict each other. A missing one contradicts nothing. */
function agreement(mask: readonly string[], image: readonly string[]): number {
  if (!isWithin(mask, image) && !isWithin(image, mask)) return -1;
  return Math.min(mask.length, image.length) + (mask.length === image.length ? 0.5 : 0);
}

function isWithin(few: readonly string[], many: readonly string[]): boolean {
  let at = 0;
  for (const name of many) if (name === few[at]) at++;
  return at === few.length;
}

/** The words of a name in their own case, with a space around each. */
function casedName(name: string): string {
  return ` ${nameForm(parse(name).name)
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .join(' ')} `;
}
