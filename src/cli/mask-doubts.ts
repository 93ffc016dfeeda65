import type { ScoredImage } from '../core/metrics/scored-image.js';

type Doubt = NonNullable<ScoredImage['maskDoubt']>;

const words: Readonly<Record<Doubt, string>> = {
  inverted:
    'mark most of their image or its whole border, as inverted ones do (black on white); they are taken as they are: invert them if defects are black',
  'of-good-image': 'mark defects in images labelled as good; the pixel metrics believe the masks',
};

/** Masks that can be used and yet look wrong, for one warning a kind. */
export class MaskDoubts {
  private readonly masks = new Map<Doubt, string[]>();

  add(doubt: Doubt, mask: string): void {
    this.masks.set(doubt, [...(this.masks.get(doubt) ?? []), mask]);
  }

  /** A line a kind: the count, the first few names, what follows from it. */
  lines(): string[] {
    return [...this.masks].map(([doubt, masks]) => {
      const more = masks.length > 3 ? ', …' : '';
      return `${masks.length} masks (${masks.slice(0, 3).join(', ')}${more}) ${words[doubt]}`;
    });
  }
}
