import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputMissingError } from '../../errors.js';
import { shown } from '../../files/file-errors.js';
import type { Layout } from './layout.js';
import { tableRecords } from './table.js';
import { visibleFoldersIn } from './walk.js';

/**
 * VisA as it is downloaded: <class>/Data/Images/{Normal,Anomaly}, masks in <class>/Data/Masks/Anomaly, the split in a
 * table (split_csv/1cls.csv) with the columns object, split, label, image, mask. Order is the table's.
 */
export const visa: Layout = {
  name: 'visa',
  expected: '<class>/Data/Images/{Normal,Anomaly}/*.JPG and split_csv/1cls.csv',
  async recognises(root) {
    for (const folder of await visibleFoldersIn(root)) {
      const data = (await visibleFoldersIn(folder.path)).find(({ name }) => name.toLowerCase() === 'data');
      const inside = data ? await visibleFoldersIn(data.path) : [];
      if (inside.some(({ name }) => name.toLowerCase() === 'images')) return true;
    }
    return false;
  },
  async *records(root, options) {
    const splits = options.splitTable ?? join(root, 'split_csv', '1cls.csv');
    if (!(await stat(splits).catch(() => undefined))) {
      throw new InputMissingError(
        `${shown(splits)}: VisA needs its split table; copy split_csv from the download there, or name another table.`,
      );
    }
    for await (const record of tableRecords(splits, root, options)) {
      const defect = record.label === 'anomaly' ? 'bad' : 'good'; // as the re-shaped `1cls` folders name them
      yield { ...record, defect };
    }
  },
};
