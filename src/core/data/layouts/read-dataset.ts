import { stat } from 'node:fs/promises';
import { DataError, InputMissingError, UsageError } from '../../errors.js';
import { existingForm } from '../../files/existing-form.js';
import { inputFailure, shown } from '../../files/file-errors.js';
import { firstFew } from '../../first-few.js';
import { didYouMean } from '../../nearest-name.js';
import { nameForm } from '../../records/name-form.js';
import type { ImageRecord } from '../../records/schemas.js';
import { mvtec, mvtec3d } from './class-folders.js';
import { cocoAd } from './coco-ad.js';
import { kolektor } from './kolektor.js';
import type { DatasetIssue, Layout, LayoutOptions } from './layout.js';
import { plainFolder, singleImage } from './plain-folder.js';
import { realIad } from './real-iad.js';
import { table } from './table.js';
import { visa } from './visa.js';

/** Most particular first: the first one that recognises a folder reads it. */
export const layouts: readonly Layout[] = [
  table,
  cocoAd,
  realIad,
  visa,
  mvtec3d,
  mvtec,
  kolektor,
  plainFolder,
  singleImage,
];

/** Names people know a layout by that is another one's on disk. */
const aliases: Readonly<Record<string, Layout>> = {
  kolektorsdd: kolektor,
  kolektorsdd2: kolektor,
  csv: table,
  ndjson: table,
  btad: mvtec,
  mpdd: mvtec,
  'uni-medical': mvtec,
  'visa-1cls': mvtec,
};

/** Every name that `--layout` takes. */
export const layoutNames: readonly string[] = [
  'auto',
  ...layouts.map(({ name }) => name),
  ...Object.keys(aliases),
];

/**
 * The layout of a folder or file.
 *
 * @throws InputMissingError when it does not exist or is like none that we know
 */
export async function recognise(root: string): Promise<Layout> {
  await stat(root).catch((error: unknown) => {
    throw inputFailure(root, error, 'a data set folder, a table or an image');
  });
  for (const layout of layouts) if (await layout.recognises(root)) return layout;
  throw new InputMissingError(
    `${shown(root)}: not a data set that is known; expected a folder or a .csv or .ndjson table.`,
  );
}

/** A layout by the name of `layoutNames`, or recognised. @throws UsageError for an unknown name */
export async function layoutOf(root: string, name: string): Promise<Layout> {
  if (name === 'auto') return recognise(root);
  const named =
    layouts.find((layout) => layout.name === name) ??
    (Object.hasOwn(aliases, name) ? aliases[name] : undefined);
  if (!named)
    throw new UsageError(
      `layout ${shown(name)} is not known; choose one of ${layoutNames.join(', ')}${didYouMean(name, layoutNames)}`,
    );
  return named;
}

/**
 * The images of a data set as records, in a fixed order.
 *
 * @param layout a name of `layoutNames`
 * @throws InputMissingError when there is no image, naming what was looked for; DataError when training would have none
 */
export async function* readDataset(
  root: string,
  layout: string,
  options: LayoutOptions = {},
): AsyncGenerator<ImageRecord> {
  const home = (await existingForm(root)) ?? root;
  const chosen = await layoutOf(home, layout);
  const leftOut: DatasetIssue[] = [];
  const asked: LayoutOptions = {
    ...options,
    ...(options.classes && { classes: new Set([...options.classes].map(nameForm)) }),
    onIssue: (issue) => {
      if (issue.kind === 'left-out') leftOut.push(issue);
      options.onIssue?.(issue);
    },
  };
  let found = false;
  for await (const record of chosen.records(home, asked)) {
    found = true;
    yield record;
  }
  if (found) return;
  if (options.split === 'train' && leftOut.length > 0) throw nothingToTrainOn(root, leftOut);
  throw nothingFound(root, chosen, options);
}

function nothingToTrainOn(root: string, leftOut: readonly DatasetIssue[]): DataError {
  const named = leftOut.map(
    ({ path, note, count }) => `${shown(path)} (${count ?? 1}; ${shown(note ?? '')})`,
  );
  return new DataError(
    `${shown(root)}: no image is known to be good; left out: ${firstFew(named, 3)}. Put good parts into a folder good or OK (<class>/train/good, or OK beside NG), or name them in a table.`,
  );
}

function nothingFound(root: string, layout: Layout, { classes, split }: LayoutOptions): InputMissingError {
  const of = classes ? ` of class ${[...classes].map(shown).join(', ')}` : '';
  const which = split ? `${split} images` : 'images';
  return new InputMissingError(
    `${shown(root)}: no ${which}${of} found (layout ${layout.name}); looked for ${layout.expected}.`,
  );
}
