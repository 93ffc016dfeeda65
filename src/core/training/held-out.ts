import type { CollectedImage } from './feature-collection.js';

/** Indices of the images to train on and of those kept back for calibration. */
export interface Split {
  training: number[];
  heldOut: number[];
  /** Classes of which nothing is kept back, and how many images they have. */
  lacking: { class: string; images: number }[];
}

/** Images that a class must have for one of them to be kept back. */
export const fewestToHoldOut = 3;

/**
 * Keeps back a share of each class, chosen by image hash: the same images on every run, however they are ordered.
 * A class keeps back at least one image as long as it has three, and never all. Copies of an image stay together: one
 * that the model has seen says nothing of how unseen parts score.
 */
export function splitHeldOut(images: readonly CollectedImage[], share: number): Split {
  const heldOut = new Set<number>();
  const lacking: Split['lacking'] = [];
  for (const [name, members] of groupBy(images, [...images.keys()], (image) => image.class)) {
    const pictures = [...groupBy(images, members, (image) => image.hash)].sort(([a], [b]) =>
      a < b ? -1 : 1,
    );
    const kept = pictures.slice(0, countToHoldOut(pictures.length, share)).flatMap(([, copies]) => copies);
    if (kept.length === 0) lacking.push({ class: name, images: members.length });
    for (const index of kept) heldOut.add(index);
  }
  const training = [...images.keys()].filter((index) => !heldOut.has(index));
  return { training, heldOut: [...heldOut].sort((a, b) => a - b), lacking };
}

function countToHoldOut(pictures: number, share: number): number {
  if (share === 0 || pictures < fewestToHoldOut) return 0;
  return Math.min(pictures - 1, Math.max(1, Math.round(share * pictures)));
}

function groupBy(
  images: readonly CollectedImage[],
  indices: readonly number[],
  keyOf: (image: CollectedImage) => string,
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const index of indices) {
    const key = keyOf(images[index]!);
    const group = groups.get(key);
    if (group) group.push(index);
    else groups.set(key, [index]);
  }
  return groups;
}
