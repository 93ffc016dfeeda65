import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type { DatasetIssue, LayoutOptions } from '../../../../src/core/data/layouts/layout.js';
import { readDataset } from '../../../../src/core/data/layouts/read-dataset.js';
import type { ImageRecord } from '../../../../src/core/records/schemas.js';

const grey = (marked: boolean) => {
  const data = new Uint8Array(64).fill(0);
  if (marked) data.fill(255, 0, 32);
  return sharp(data, { raw: { width: 8, height: 8, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
};

/** An 8×8 image, a mask whose upper half is marked, and an empty one. */
export const picture = await grey(true);
export const emptyMask = await grey(false);

/** A folder with these files: pictures, or the given content. */
export async function tree(
  files: readonly string[] | Readonly<Record<string, string | Uint8Array>>,
): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'tree-'));
  const contents = Array.isArray(files)
    ? files.map((name) => [name, picture] as const)
    : Object.entries(files);
  for (const [name, content] of contents) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return root;
}

export interface Reading {
  /** The records with paths relative to the root. */
  readonly records: ImageRecord[];
  readonly issues: DatasetIssue[];
}

/** Everything a layout reads below a root. */
export async function read(root: string, layout = 'auto', options: LayoutOptions = {}): Promise<Reading> {
  const records: ImageRecord[] = [];
  const issues: DatasetIssue[] = [];
  const relative = (path: string) => path.replace(`${root}/`, '');
  const onIssue = (issue: DatasetIssue) => issues.push({ ...issue, path: relative(issue.path) });
  for await (const record of readDataset(root, layout, { ...options, onIssue })) {
    const mask = record.mask === undefined ? {} : { mask: relative(record.mask) };
    records.push({ ...record, path: relative(record.path), ...mask });
  }
  return { records, issues };
}

/** One line a record: class, split, label, defect, path, mask. */
export function lines({ records }: Reading): string[] {
  return records.map((r) =>
    [r.class, r.split, r.label, r.defect, r.path, r.mask].map((field) => field ?? '-').join(' '),
  );
}
