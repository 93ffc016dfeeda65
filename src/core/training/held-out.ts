import type { CollectedImage } from './feature-collection.js';

/** Indices of the images to train on and of those kept back for calibration. */
export interface Split {
  training: number[];
  heldOut: number[];
}

/**
 * Keeps back a share of each class, chosen by image hash: the same images on every run, however they are ordered.
 * A class keeps back at least one image as long as it has three.
 */
export function splitHeldOut(images: readonly CollectedImage[], share: number): Split {
  const heldOut = new Set<number>();
  for (const members of groupByClass(images).values()) {
    const ranked = [...members].sort((a, b) => (images[a]!.hash < images[b]!.hash ? -1 : 1));
    const count = share === 0 || members.length < 3 ? 0 : Math.max(1, Math.round(share * members.length));
    for (const index of ranked.slice(0, count)) heldOut.add(index);
  }
  const training = [...images.keys()].filter((index) => !heldOut.has(index));
  return { training, heldOut: [...heldOut].sort((a, b) => a - b) };
}

function groupByClass(images: readonly CollectedImage[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  images.forEach((image, index) => {
    const group = groups.get(image.class);
    if (group) group.push(index);
    else groups.set(image.class, [index]);
  });
  return groups;
}
