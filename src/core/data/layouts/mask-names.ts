import { parse } from 'node:path';
import { nameForm } from '../../records/name-form.js';

const maskWords = new Set(
  `mask masks maske gt gts groundtruth ground truth label labels labelled seg segs segm segmentation segment annotation
  annotations annot anno binary bin pixel pixels px bw`.split(/\s+/),
);
const imageWords = new Set(
  `img image images rgb color colour photo pic picture orig original input raw png jpg jpeg jpe jfif bmp tif tiff webp gif`.split(
    /\s+/,
  ),
);

/** The parts of a file's name, ending left off, in lower case: "IMG_11.mask.png" → img, 11, mask. Numbers stay whole. */
export function nameParts(name: string): string[] {
  const stem = nameForm(parse(name).name).toLowerCase();
  return stem
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .flatMap((part) => /^(\p{N}+)(mask|gt|label|seg)$/u.exec(part)?.slice(1) ?? part)
    .flatMap((part) => /^(mask|gt|label|seg|img|image|rgb)(\p{N}+)$/u.exec(part)?.slice(1) ?? part)
    .flatMap((part) => /^(.*[^\p{N}])(mask)$/u.exec(part)?.slice(1) ?? part)
    .filter((part) => part !== '');
}

/** Parts of a name as one key. */
export function keyOf(parts: readonly string[]): string {
  return parts.join(' ');
}

export function isMaskWord(part: string): boolean {
  return maskWords.has(part);
}

/** Whether a name begins or ends with a word for masks, as that of a mask that lies beside its image. */
export function isNamedMask(name: string): boolean {
  const parts = nameParts(name);
  const last = parts.findLast((part) => !/^\p{N}+$/u.test(part));
  return parts.length > 1 && (isMaskWord(parts[0]!) || (last !== undefined && isMaskWord(last)));
}

/**
 * What the image of a mask may be called, closest first: as the mask; as the mask without its words for masks; the same
 * without the number of the mask ("a_mask_0"); the same without words for images ("img_7" ↔ "mask_7").
 */
export function imageKeysOf(mask: string): string[] {
  const parts = nameParts(mask);
  const bare = parts.filter((part) => !isMaskWord(part));
  const first = parts.findIndex(isMaskWord);
  const unnumbered = first > 0 ? parts.slice(0, first) : bare;
  return [
    keyOf(parts),
    keyOf(bare),
    keyOf(unnumbered),
    keyOf(bare.filter((part) => !imageWords.has(part))),
  ].filter((key) => key !== '');
}

/** What an image may be called by its mask, as in `imageKeysOf`. */
export function keysOfImage(image: string): string[] {
  const parts = nameParts(image);
  const core = parts.filter((part) => !imageWords.has(part));
  return core.length > 0 && core.length < parts.length ? [keyOf(parts), keyOf(core)] : [keyOf(parts)];
}

/** Where the parts of an image's name stand whole in those of a mask, with no number around them; undefined if nowhere. */
export function affixes(
  mask: readonly string[],
  image: readonly string[],
): { before: readonly string[]; behind: readonly string[] } | undefined {
  for (let at = 0; at + image.length <= mask.length; at++) {
    if (!image.every((part, i) => mask[at + i] === part)) continue;
    const [before, behind] = [mask.slice(0, at), mask.slice(at + image.length)];
    if (![...before, ...behind].some((part) => /\p{N}/u.test(part))) return { before, behind };
  }
  return undefined;
}
