import { classKey, publishedClasses } from '../metrics/published/published.js';
import type { Dataset } from '../metrics/published/rows.js';
import type { Count } from './summary.js';

interface Sizes {
  readonly train: number;
  readonly test: number;
}

interface PublishedSet {
  readonly title: string;
  readonly sizes: Sizes;
  /** Good training, good test and anomalous test images, where they are published. */
  readonly classes?: Readonly<Record<string, readonly [number, number, number]>>;
}

/** VisA's split table `1cls.csv`. */
const visaClasses: PublishedSet['classes'] = {
  candle: [900, 100, 100],
  capsules: [542, 60, 100],
  cashew: [450, 50, 100],
  chewinggum: [453, 50, 100],
  fryum: [450, 50, 100],
  macaroni1: [900, 100, 100],
  macaroni2: [900, 100, 100],
  pcb1: [904, 100, 100],
  pcb2: [901, 100, 100],
  pcb3: [905, 101, 100],
  pcb4: [904, 101, 100],
  pipe_fryum: [450, 50, 100],
};

/** Images as the benchmark's logs count them (docs/protocol.md 2); COCO-AD's of each of its four splits. */
const publishedSets: Readonly<Record<Exclude<Dataset, 'coco'>, PublishedSet>> = {
  mvtec: { title: 'MVTec-AD', sizes: { train: 3629, test: 1725 } },
  visa: { title: 'VisA', sizes: { train: 8659, test: 2162 }, classes: visaClasses },
  realiad: { title: 'Real-IAD', sizes: { train: 36_465, test: 114_585 } },
  mvtec3d: { title: 'MVTec-3D', sizes: { train: 2950, test: 1197 } },
  medical: { title: 'Uni-Medical', sizes: { train: 13_339, test: 7013 } },
};

const cocoTraining = [30_438, 65_133, 79_083, 77_580];

/** What was found of a data set that was recognised by its classes, held against what was published. */
export interface CountComparison {
  /** Such as "MVTec-AD". */
  readonly title: string;
  readonly found: Partial<Sizes>;
  readonly published: Sizes;
  /** One line for each count that is another; empty when all agree. */
  readonly differences: readonly string[];
}

/**
 * Holds counts against those of the published data set whose classes these are, all of them; only the splits that were
 * read are compared.
 *
 * @param fold of COCO-AD
 * @returns null when the classes are those of no published data set
 */
export function compareCounts(counts: readonly Count[], fold = 0): CountComparison | null {
  const set = publishedSet(counts, fold);
  if (!set) return null;
  const splits = (['train', 'test'] as const).filter((split) =>
    counts.some((count) => count.split === split),
  );
  if (splits.length === 0) return null;
  const found = Object.fromEntries(
    splits.map((split) => [split, total(counts, { split })]),
  ) as Partial<Sizes>;
  const bySplit = splits.flatMap((split) => difference(`${split} images`, found[split]!, set.sizes[split]));
  const byClass = Object.entries(set.classes ?? {}).flatMap(([name, sizes]) =>
    classDifferences(counts, name, sizes).filter((_, i) => splits.includes(i === 0 ? 'train' : 'test')),
  );
  const differences = [...bySplit, ...byClass.flat()];
  return { title: set.title, found, published: set.sizes, differences };
}

function publishedSet(counts: readonly Count[], fold: number): PublishedSet | undefined {
  const names = new Set(counts.map((count) => classKey(count.class)));
  if (names.size === 1 && names.has('coco')) {
    return { title: `COCO-AD split ${fold}`, sizes: { train: cocoTraining[fold]!, test: 4952 } };
  }
  const found = Object.entries(publishedSets).find(([dataset]) => {
    const known = publishedClasses(dataset as Dataset);
    return names.size === known.size && [...names].every((name) => known.has(name));
  });
  return found?.[1];
}

function classDifferences(
  counts: readonly Count[],
  name: string,
  [train, normal, anomalous]: readonly [number, number, number],
): string[][] {
  const own = counts.filter((count) => classKey(count.class) === classKey(name));
  return [
    difference(`training images of ${name}`, total(own, { split: 'train' }), train),
    difference(`good test images of ${name}`, total(own, { split: 'test', label: 'normal' }), normal),
    difference(
      `anomalous test images of ${name}`,
      total(own, { split: 'test', label: 'anomaly' }),
      anomalous,
    ),
  ];
}

function difference(what: string, found: number, published: number): string[] {
  return found === published ? [] : [`${found} ${what}, published are ${published}`];
}

function total(counts: readonly Count[], { split, label }: { split: string; label?: string }): number {
  return counts
    .filter((count) => count.split === split && (label === undefined || count.label === label))
    .reduce((sum, count) => sum + count.images, 0);
}
