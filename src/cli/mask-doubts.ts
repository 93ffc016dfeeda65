import type { ScoredImage } from '../core/metrics/scored-image.js';

type Doubt = NonNullable<ScoredImage['maskDoubt']>;

const words: Readonly<Record<Doubt, string>> = {
  inverted:
    'masks taken as they are although they mark most of their image or its whole border, as inverted ones do (black on white)',
  'of-good-image': 'masks that mark defects in images labelled as good, which the pixel metrics believe',
};

/** Masks that can be used and yet look wrong, for one warning a kind. */
export class MaskDoubts {
  private readonly masks = new Map<Doubt, string[]>();

  add(doubt: Doubt, mask: string): void {
    this.masks.set(doubt, [...(this.masks.get(doubt) ?? []), mask]);
  }

  /** A line a kind: what is odd, how many, and the first few names. */
  lines(): string[] {
    return [...this.masks].map(([doubt, masks]) => {
      const more = masks.length > 3 ? ', …' : '';
      return `${words[doubt]}: ${masks.length} (${masks.slice(0, 3).join(', ')}${more})`;
    });
  }
}
