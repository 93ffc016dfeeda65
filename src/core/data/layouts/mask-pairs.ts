import { parse } from 'node:path';
import type { Entry } from './walk.js';

export interface Pairs {
  /** One for each image, undefined where it has no mask. */
  readonly masks: (Entry | undefined)[];
  /** Masks that no image claims. */
  readonly unclaimed: Entry[];
}

/**
 * Finds the mask of each image: NAME_mask.*, NAME_gt.* or NAME.*, whatever the ending. When no name fits at all and the
 * counts agree, they are paired in sorted order, as the published loaders do.
 */
export function pairMasks(images: readonly Entry[], masks: readonly Entry[]): Pairs {
  const byStem = new Map(masks.map((mask) => [stem(mask), mask]));
  const found = images.map((image) => {
    const name = stem(image);
    return byStem.get(`${name}_mask`) ?? byStem.get(`${name}_gt`) ?? byStem.get(name);
  });
  const claimed = new Set(found);
  if (found.every((mask) => mask === undefined) && images.length === masks.length) {
    return { masks: [...masks], unclaimed: [] };
  }
  return { masks: found, unclaimed: masks.filter((mask) => !claimed.has(mask)) };
}

function stem(entry: Entry): string {
  return parse(entry.name).name.toLowerCase();
}
