import type { Buffer } from 'node:buffer';
import { basename, resolve } from 'node:path';
import { nameForm } from '../../records/name-form.js';
import type { ImageRecord } from '../../records/schemas.js';
import { pathFields } from '../paths.js';
import type { Split } from './layout.js';

export interface Known {
  readonly class: string;
  readonly split?: Split | undefined;
  readonly label?: 'normal' | 'anomaly' | undefined;
  readonly defect?: string | undefined;
  readonly mask?: string | undefined;
}

/** An image record of a file and what its layout says about it; what is not known is left out. The class is in NFC. */
export function imageRecord(path: Buffer, known: Known): ImageRecord {
  const record: ImageRecord = { v: 1, type: 'image', ...pathFields(path), class: nameForm(known.class) };
  if (known.split) record.split = known.split;
  if (known.label) record.label = known.label;
  if (known.defect) record.defect = known.defect;
  if (known.mask !== undefined) record.mask = known.mask;
  return record;
}

/** The name of a folder also when it is given as "." or with a slash at its end. */
export function folderName(folder: string): string {
  return basename(resolve(folder)) || 'default';
}
