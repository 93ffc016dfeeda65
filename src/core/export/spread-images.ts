import type { ImageRecord } from '../records/schemas.js';

/**
 * Picks at most `limit` images that stand for all: as even as can be over classes and over good and bad parts of each,
 * and from the beginning, the middle and the end of every such group. Always the same ones for the same images.
 */
export async function spreadImages(
  images: AsyncIterable<ImageRecord>,
  limit: number,
): Promise<ImageRecord[]> {
  const classes = new Map<string, Map<string, ImageRecord[]>>();
  for await (const image of images) {
    const kinds = classes.get(image.class) ?? new Map<string, ImageRecord[]>();
    const kind = image.label ?? 'unknown';
    const group = kinds.get(kind) ?? [];
    group.push(image);
    kinds.set(kind, group);
    classes.set(image.class, kinds);
  }
  const perClass = [...classes.values()].map((kinds) => [...kinds.values()]);
  const sizes = perClass.map((kinds) => kinds.reduce((sum, kind) => sum + kind.length, 0));
  return shares(sizes, limit).flatMap((share, i) => {
    const kinds = perClass[i]!;
    const counts = shares(
      kinds.map((kind) => kind.length),
      share,
    );
    return kinds.flatMap((kind, k) => evenly(kind, counts[k]!));
  });
}

/** Deals `total` out to groups one by one, as long as they have members left. */
function shares(sizes: readonly number[], total: number): number[] {
  const given = sizes.map(() => 0);
  for (
    let left = Math.min(
      total,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    left > 0;
  ) {
    for (let i = 0; i < sizes.length && left > 0; i++) {
      if (given[i]! === sizes[i]!) continue;
      given[i]! += 1;
      left -= 1;
    }
  }
  return given;
}

function evenly<T>(list: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, i) => list[Math.floor(((i + 0.5) * list.length) / count)]!);
}
