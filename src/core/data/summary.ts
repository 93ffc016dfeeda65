import { createHash } from 'node:crypto';
import { DataError, InputMissingError } from '../errors.js';
import type { ImageRecord } from '../records/schemas.js';
import { imageSize, readImageFile } from './decode.js';
import type { DatasetIssue } from './layouts/layout.js';
import { maskDoubt, readMask } from './mask.js';
import { pathToOpen } from './paths.js';
import { type CountComparison, compareCounts } from './published-counts.js';

export { summaryTable } from './summary-table.js';

/** How many images a class has of one split and label. */
export interface Count {
  readonly class: string;
  readonly split: 'train' | 'test' | 'unknown';
  readonly label: 'normal' | 'anomaly' | 'unknown';
  /** Kinds of defect with their counts, most first. */
  readonly defects: Readonly<Record<string, number>>;
  readonly images: number;
  readonly masks: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const evaluationSize: Size = { width: 256, height: 256 };

export interface DatasetSummary {
  readonly images: number;
  readonly classes: string[];
  readonly counts: Count[];
  readonly issues: DatasetIssue[];
  /** Null for no published data set, and for a part of one. */
  readonly published: CountComparison | null;
}

export interface SummaryOptions {
  /** What the layout's reader reports while the records are read. */
  readonly issues?: readonly DatasetIssue[];
  /** Masks are read as they will be at this size (256 × 256), to find unusable, empty and vanishing ones; false: not read. */
  readonly masksAt?: Size | false;
  /** Compare the files' contents: finds images that occur twice. */
  readonly duplicates?: boolean;
  /** COCO-AD: which of the four splits was read. */
  readonly fold?: number | undefined;
  /** A part of each class was read, such as one camera's images: no published counts are for it. */
  readonly isPart?: boolean;
}

/** Counts what a data set holds, per class, split and label, and finds what is odd about it. */
export async function summariseDataset(
  records: AsyncIterable<ImageRecord>,
  options: SummaryOptions = {},
): Promise<DatasetSummary> {
  const tallies = new Map<string, Tally>();
  const found: DatasetIssue[] = [];
  const seen = new Map<string, string>();
  let images = 0;
  for await (const record of records) {
    images++;
    tally(tallies, record);
    found.push(...(await issuesOf(record, options, seen)));
  }
  const counts = [...tallies.values()].map(({ defects, ...count }) => ({
    ...count,
    defects: mostFirst(defects),
  }));
  const classes = [...new Set(counts.map((count) => count.class))];
  return {
    images,
    classes,
    counts,
    issues: distinct([...(options.issues ?? []), ...found]),
    published: options.isPart ? null : compareCounts(counts, options.fold),
  };
}

/** What both the reader of the layout and the summary found is told once. */
function distinct(issues: readonly DatasetIssue[]): DatasetIssue[] {
  const first = new Map<string, DatasetIssue>();
  for (const issue of issues) {
    const key = `${issue.kind}\n${issue.path}${issue.kind === 'image-without-mask' ? '' : `\n${issue.note}`}`;
    if (!first.has(key)) first.set(key, issue);
  }
  return [...first.values()];
}

type Tally = Omit<Count, 'images' | 'masks' | 'defects'> & {
  images: number;
  masks: number;
  defects: Map<string, number>;
};

function tally(tallies: Map<string, Tally>, record: ImageRecord): void {
  const { class: name, split = 'unknown', label = 'unknown' } = record;
  const key = JSON.stringify([name, split, label]);
  const own = tallies.get(key) ?? { class: name, split, label, images: 0, masks: 0, defects: new Map() };
  tallies.set(key, own);
  own.images++;
  if (record.mask !== undefined) own.masks++;
  if (record.defect !== undefined) own.defects.set(record.defect, (own.defects.get(record.defect) ?? 0) + 1);
}

function mostFirst(defects: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...defects].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));
}

async function issuesOf(
  record: ImageRecord,
  options: SummaryOptions,
  seen: Map<string, string>,
): Promise<DatasetIssue[]> {
  const { path, label, mask } = record;
  const { masksAt = evaluationSize, duplicates } = options;
  const found: DatasetIssue[] = [];
  if (label === 'anomaly' && mask === undefined) found.push({ kind: 'image-without-mask', path });
  const maskSize = mask !== undefined && masksAt;
  if (!duplicates && !maskSize) return found;
  try {
    const bytes = await readImageFile(pathToOpen(record));
    const first = duplicates ? firstLike(bytes, path, seen) : undefined;
    if (first !== undefined) found.push({ kind: 'duplicate', path, note: `same bytes as ${first}` });
    if (mask !== undefined && maskSize) found.push(...(await maskIssues(record, mask, bytes, maskSize)));
  } catch (error) {
    if (!(error instanceof DataError || error instanceof InputMissingError)) throw error;
    const kind = error instanceof InputMissingError ? 'file-missing' : 'image-unusable';
    found.push({ kind, path, note: error.message });
  }
  return found;
}

function firstLike(bytes: Uint8Array, path: string, seen: Map<string, string>): string | undefined {
  const hash = createHash('sha256').update(bytes).digest('hex');
  const first = seen.get(hash);
  if (first === undefined) seen.set(hash, path);
  return first;
}

async function maskIssues(
  { path, label }: ImageRecord,
  mask: string,
  image: Uint8Array,
  size: Size,
): Promise<DatasetIssue[]> {
  const { width, height } = await imageSize(image, { path });
  try {
    const read = await readMask(mask, { ...size, imageSize: [width, height] });
    const { sourceArea, vanished } = read;
    if (sourceArea === 0) {
      // An empty mask is how some data sets say that an image is good.
      return label === 'normal' ? [] : [{ kind: 'mask-empty', path: mask, note: 'marks nothing' }];
    }
    const doubt = maskDoubt(read, label);
    if (doubt) {
      const share = Math.round((100 * sourceArea) / (read.sourceSize[0] * read.sourceSize[1]));
      return [{ kind: `mask-${doubt}`, path: mask, note: `marks ${share} % of the image` }];
    }
    const note = `${sourceArea} pixels are lost at ${size.width}×${size.height}: the image counts as normal`;
    return vanished ? [{ kind: 'label-vanishes', path: mask, note }] : [];
  } catch (error) {
    if (!(error instanceof DataError || error instanceof InputMissingError)) throw error;
    return [{ kind: 'mask-unusable', path: mask, note: error.message }];
  }
}
