import { shown } from '../files/file-errors.js';
import type { DatasetIssue } from './layouts/layout.js';

const shownOfEachKind = 5;

/** What one and what several of each kind are called. */
const words: Readonly<Record<DatasetIssue['kind'], readonly [string, string]>> = {
  'image-without-mask': ['anomalous image without a mask', 'anomalous images without a mask'],
  'mask-without-image': ['mask without an image', 'masks without an image'],
  'several-masks': ['image with several masks: none is taken', 'images with several masks: none is taken'],
  'image-unusable': ['image that cannot be read', 'images that cannot be read'],
  'mask-unusable': ['mask that cannot be used', 'masks that cannot be used'],
  'mask-empty': ['mask that marks nothing', 'masks that mark nothing'],
  'mask-inverted': [
    'mask that marks most of its image or its whole border, as an inverted one does (black on white)',
    'masks that mark most of their image or its whole border, as inverted ones do (black on white)',
  ],
  'mask-of-good-image': [
    'mask that marks a defect in an image labelled as good',
    'masks that mark defects in images labelled as good',
  ],
  'label-vanishes': [
    'defect too small to survive the resize of its mask',
    'defects too small to survive the resize of their mask',
  ],
  'file-missing': ['file that is missing', 'files that are missing'],
  'file-empty': ['image file without content', 'image files without content'],
  'left-out': ['image left out', 'images left out'],
  'unread-image': ['file of a format that is not read', 'files of a format that is not read'],
  'other-file': ['file that is no image', 'files that are no images'],
  'broken-link': ['link that leads nowhere', 'links that lead nowhere'],
  'special-file': ['pipe, socket or device that is not read', 'pipes, sockets and devices that are not read'],
  hidden: ['hidden file or folder that is not read', 'hidden files and folders that are not read'],
  'read-already': ['folder that is read elsewhere', 'folders that are read elsewhere'],
  duplicate: ['image that occurs twice', 'images that occur twice'],
};

/** The issues of a data set, kinds in the order of their coming, each with its first examples. */
export function issueBlock(issues: readonly DatasetIssue[]): string[] {
  return kindsOf(issues).flatMap(([kind, found]) => {
    const more = found.length > shownOfEachKind ? [`  … and ${found.length - shownOfEachKind} more`] : [];
    return [
      `${counted(kind, found)}:`,
      ...found.slice(0, shownOfEachKind).map((issue) => `  ${example(issue)}`),
      ...more,
    ];
  });
}

/** One line a kind of issue, for a stream of records that goes on. */
export function issueLines(issues: readonly DatasetIssue[]): string[] {
  return kindsOf(issues).map(([kind, found]) => {
    const more = found.length > shownOfEachKind ? `; … and ${found.length - shownOfEachKind} more` : '';
    return `${counted(kind, found)}: ${found.slice(0, shownOfEachKind).map(example).join('; ')}${more}`;
  });
}

function kindsOf(issues: readonly DatasetIssue[]): [DatasetIssue['kind'], DatasetIssue[]][] {
  const kinds = new Map<DatasetIssue['kind'], DatasetIssue[]>();
  for (const issue of issues) {
    const found = kinds.get(issue.kind);
    if (found) found.push(issue);
    else kinds.set(issue.kind, [issue]);
  }
  return [...kinds];
}

function example({ path, note, count }: DatasetIssue): string {
  const images = count === undefined ? [] : [count === 1 ? '1 image' : `${count} images`];
  const said = [...images, ...(note === undefined ? [] : [shown(note)])].join(', ');
  return said === '' ? shown(path) : `${shown(path)}: ${said}`;
}

function counted(kind: DatasetIssue['kind'], issues: readonly DatasetIssue[]): string {
  const total = issues.reduce((sum, { count = 1 }) => sum + count, 0);
  return `${total} ${words[kind][total === 1 ? 0 : 1]}`;
}
