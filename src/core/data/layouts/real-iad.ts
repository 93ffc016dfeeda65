import { Buffer } from 'node:buffer';
import { join, parse } from 'node:path';
import { DataError } from '../../errors.js';
import { confined } from '../../files/confined.js';
import { shown } from '../../files/file-errors.js';
import { readRegularText } from '../../files/regular-file.js';
import type { ImageRecord } from '../../records/schemas.js';
import { imageRecord } from './image-record.js';
import { type Layout, type LayoutOptions, wantsClass } from './layout.js';
import { entriesIfAny, visibleFoldersIn } from './walk.js';

interface Item {
  readonly image_path: string;
  readonly mask_path?: string | null;
  readonly anomaly_class: string;
}

/**
 * Real-IAD: <class>.json lists train and test images below <class>/, five views (C1 to C5) of each part one after the
 * other, each an image of its own. The lists may lie in realiad_jsons/, the images in realiad_1024/ or another size.
 * Order is the list's; each record says its `view`.
 */
export const realIad: Layout = {
  name: 'real-iad',
  expected: '<class>.json (or realiad_jsons/<class>.json) and <class>/ (or realiad_1024/<class>/)',
  recognises: async (root) => (await listed(root)).length > 0,
  async *records(root, options) {
    for (const { name, list, images } of await listed(root)) {
      if (wantsClass(options, name)) yield* classRecords(name, list, images, options);
    }
  },
};

async function* classRecords(
  name: string,
  list: string,
  images: string,
  { split: only, views, allowOutside }: LayoutOptions,
): AsyncGenerator<ImageRecord> {
  const parts = await readList(list);
  for (const split of ['train', 'test'] as const) {
    if (only && only !== split) continue;
    for (const [i, item] of parts[split].entries()) {
      const source = `${list}: ${split} image ${i + 1}`;
      if (typeof item?.image_path !== 'string' || typeof item.anomaly_class !== 'string') {
        throw new DataError(`${shown(source)}: expected image_path and anomaly_class.`);
      }
      const view = parse(item.image_path).name.split('_').at(-2) ?? '';
      if (views && !views.has(view)) continue;
      const normal = item.anomaly_class === 'OK';
      const path = await confined(images, item.image_path, source, allowOutside);
      const mask =
        item.mask_path && !normal ? await confined(images, item.mask_path, source, allowOutside) : undefined;
      const [label, defect] = normal
        ? (['normal', 'good'] as const)
        : (['anomaly', item.anomaly_class] as const);
      yield { ...imageRecord(Buffer.from(path), { class: name, split, label, defect, mask }), view };
    }
  }
}

async function readList(path: string): Promise<{ train: Item[]; test: Item[] }> {
  const text = await readRegularText(path, { expected: 'a Real-IAD list', limit: 1 << 28 });
  try {
    const { train, test } = JSON.parse(text) as { train?: Item[]; test?: Item[] };
    if (Array.isArray(train) && Array.isArray(test)) return { train, test };
  } catch {}
  throw new DataError(`${shown(path)}: expected JSON with the lists train and test.`);
}

/** The classes that have both a list and an image folder, in order. */
async function listed(root: string): Promise<{ name: string; list: string; images: string }[]> {
  const places = (await visibleFoldersIn(root)).filter(
    ({ name }) => /^realiad_\w+$/i.test(name) && name !== 'realiad_jsons',
  );
  const homes = [root, ...places.map(({ path }) => path.toString())];
  const folders = new Map<string, string>();
  for (const home of homes.reverse())
    for (const { name, path } of await visibleFoldersIn(home)) folders.set(name, path.toString());
  const lists = [];
  for (const home of [root, join(root, 'realiad_jsons')]) {
    for (const { name: file, path } of await entriesIfAny(home).catch(() => [])) {
      const { name, ext } = parse(file);
      const images = folders.get(name);
      if (ext === '.json' && images !== undefined) lists.push({ name, list: path.toString(), images });
    }
  }
  return lists;
}
