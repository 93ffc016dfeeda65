import { DataError } from '../../errors.js';
import { shown } from '../../files/file-errors.js';
import type { ImageRecord } from '../../records/schemas.js';
import { meaningOf } from './folder-meaning.js';
import type { Split } from './layout.js';

/** The split that a cell names. @throws DataError for an unknown word */
export function splitOf(word: string | undefined, source: string): Split | undefined {
  if (word === undefined) return undefined;
  const lower = word.toLowerCase();
  if (lower === 'train' || lower === 'training') return 'train';
  if (lower === 'test' || lower === 'testing') return 'test';
  throw new DataError(`${shown(source)}: split ${shown(word)} is not known; expected train or test.`);
}

/** The label that a cell names, in the words of folders or as a number. @throws DataError for an unknown word */
export function labelOf(word: string | undefined, source: string): ImageRecord['label'] {
  if (word === undefined) return undefined;
  // A column "label" or "anomaly" that holds numbers says how anomalous, not which of two folders.
  if (/^(0|false)$/i.test(word)) return 'normal';
  if (/^(1|true)$/i.test(word)) return 'anomaly';
  const meaning = meaningOf(word);
  if (meaning === 'normal' || meaning === 'anomaly') return meaning;
  throw new DataError(`${shown(source)}: label ${shown(word)} is not known; expected normal or anomaly.`);
}

/** A row that names a kind of defect and no label is of a defective part, unless the kind is "good" or "none". */
export function labelOfDefect(defect: string | undefined): ImageRecord['label'] {
  if (defect === undefined) return undefined;
  if (/^(none|no|nil|n\/?a|nan|null|0|-+)$/i.test(defect)) return 'normal';
  return meaningOf(defect) === 'normal' ? 'normal' : 'anomaly';
}
