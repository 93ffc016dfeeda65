import { nameForm } from '../../records/name-form.js';
import type { ImageRecord } from '../../records/schemas.js';

export type Split = 'train' | 'test';

/** Something in a data set that a person should look at; reading goes on. */
export interface DatasetIssue {
  readonly kind:
    | 'image-without-mask'
    | 'mask-without-image'
    | 'several-masks'
    | 'image-unusable'
    | 'mask-unusable'
    | 'mask-empty'
    | 'mask-inverted'
    | 'mask-of-good-image'
    | 'label-vanishes'
    | 'file-missing'
    | 'file-empty'
    | 'left-out'
    | 'unread-image'
    | 'other-file'
    | 'broken-link'
    | 'special-file'
    | 'hidden'
    | 'read-already'
    | 'duplicate';
  readonly path: string;
  readonly note?: string;
  /** How many images it is about, when `path` is their folder. */
  readonly count?: number;
}

export interface LayoutOptions {
  /** Only images of this split. */
  readonly split?: Split;
  /** Only these classes, in the normal form NFC. */
  readonly classes?: ReadonlySet<string>;
  /** The class of images whose layout names none: plain folders, lists, tables without such a column. */
  readonly className?: string;
  /** COCO-AD: which of the four splits, 0 to 3. */
  readonly fold?: number;
  /** Real-IAD: only these cameras, "C1" to "C5". */
  readonly views?: ReadonlySet<string>;
  /** VisA: the split table, when it is not split_csv/1cls.csv. */
  readonly splitTable?: string;
  /** Where masks are drawn that a data set has only as polygons or run lengths; a folder of the cache by default. */
  readonly derivedFolder?: string;
  /** Tables and annotation files may name images outside their own folder. */
  readonly allowOutside?: boolean;
  readonly onIssue?: (issue: DatasetIssue) => void;
}

/** Whether a class is among those asked for, in whatever normal form its name is. */
export function wantsClass({ classes }: LayoutOptions, name: string): boolean {
  return !classes || classes.has(nameForm(name));
}

/** A way to lay out a data set on disk. */
export interface Layout {
  readonly name: string;
  /** What is looked for, in a person's words: ends the message of a folder without images. */
  readonly expected: string;
  /** Whether a folder or file is laid out so. Looks at names only, never throws. */
  recognises(root: string): Promise<boolean>;
  /** Its images in a fixed order: bytewise by class, split, kind of defect and name. */
  records(root: string, options: LayoutOptions): AsyncGenerator<ImageRecord>;
}
