import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { DatasetIssue } from '../../../src/core/data/layouts/layout.js';
import { readDataset } from '../../../src/core/data/layouts/read-dataset.js';
import { summariseDataset, summaryTable } from '../../../src/core/data/summary.js';
import { emptyMask, picture, tree } from './layouts/tree.js';

async function oddSet(): Promise<string> {
  const dot = new Uint8Array(1024 * 1024);
  dot[5] = 255;
  const dotMask = await sharp(dot, { raw: { width: 1024, height: 1024, channels: 1 } })
    .png()
    .toBuffer();
  const wide = await sharp({ create: { width: 16, height: 8, channels: 3, background: 'white' } })
    .png()
    .toBuffer();
  return tree({
    'c/train/good/0.png': picture,
    'c/train/good/1.png': wide,
    'c/test/dent/0.png': picture,
    'c/test/dent/1.png': picture,
    'c/test/dent/2.png': picture,
    'c/test/dent/3.png': picture,
    'c/test/dent/4.png': '',
    'c/ground_truth/dent/0_mask.png': dotMask,
    'c/ground_truth/dent/1_mask.png': wide,
    'c/ground_truth/dent/2_mask.png': emptyMask,
    'c/ground_truth/dent/4_mask.png': emptyMask,
    'c/ground_truth/dent/9_mask.png': emptyMask,
  });
}

test('a summary counts classes, splits and labels, and finds what is odd', async () => {
  const root = await oddSet();
  const issues: DatasetIssue[] = [];
  const records = readDataset(root, 'auto', { onIssue: (issue) => issues.push(issue) });
  const summary = await summariseDataset(records, { duplicates: true, issues });
  expect(summary.images).toBe(7);
  expect(summary.classes).toEqual(['c']);
  expect(summary.counts).toEqual([
    { class: 'c', split: 'train', label: 'normal', images: 2, masks: 0, defects: { good: 2 } },
    { class: 'c', split: 'test', label: 'anomaly', images: 5, masks: 4, defects: { dent: 5 } },
  ]);
  const found = summary.issues.map(({ kind, path }) => `${kind} ${path.replace(`${root}/c/`, '')}`).sort();
  expect(found).toEqual([
    'duplicate test/dent/0.png',
    'duplicate test/dent/1.png',
    'duplicate test/dent/2.png',
    'duplicate test/dent/3.png',
    'file-empty test/dent/4.png',
    'image-unusable test/dent/4.png',
    'image-without-mask test/dent/3.png',
    'label-vanishes ground_truth/dent/0_mask.png',
    'mask-empty ground_truth/dent/2_mask.png',
    'mask-unusable ground_truth/dent/1_mask.png',
    'mask-without-image ground_truth/dent/9_mask.png',
  ]);
});

test('the table shows counts in columns and the issues by kind', async () => {
  const root = await tree({
    'c/train/good/0.png': picture,
    'c/test/dent/0.png': picture,
    'c/test/ri\u001bp/0.png': picture,
  });
  const text = summaryTable(await summariseDataset(readDataset(root, 'auto')));
  expect(text.replaceAll(`${root}/`, '').split('\n')).toEqual(
    [
      'class  split  normal  anomalous  unlabelled  masks  defects',
      'c      train       1          0           0      0',
      'c      test        0          2           0      0  dent 1, ri\\u001bp 1',
      '2 anomalous images without a mask:',
      '  c/test/dent/0.png',
      '  c/test/ri\\u001bp/0.png',
    ].toSpliced(3, 0, '3 images, 1 classes'),
  );
});

test('files that vanish meanwhile are an issue, not the end', async () => {
  const root = await tree({ 't.csv': 'path,label,mask\nnone.png,anomaly,m.png\n' });
  await writeFile(join(root, 'm.png'), picture);
  const { issues } = await summariseDataset(readDataset(join(root, 't.csv'), 'auto'));
  expect(issues).toMatchObject([{ kind: 'file-missing', path: join(root, 'none.png') }]);
});
