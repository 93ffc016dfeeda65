import { stat } from 'node:fs/promises';
import { InputMissingError, UsageError } from '../../errors.js';
import { inputFailure, shown } from '../../files/file-errors.js';
import { didYouMean } from '../../nearest-name.js';
import type { ImageRecord } from '../../records/schemas.js';
import { mvtec, mvtec3d } from './class-folders.js';
import { cocoAd } from './coco-ad.js';
import { kolektor } from './kolektor.js';
import type { Layout, LayoutOptions } from './layout.js';
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
 * @throws InputMissingError when there is no image, naming what was looked for
 */
export async function* readDataset(
  root: string,
  layout: string,
  options: LayoutOptions = {},
): AsyncGenerator<ImageRecord> {
  const chosen = await layoutOf(root, layout);
  let found = false;
  for await (const record of chosen.records(root, options)) {
    found = true;
    yield record;
  }
  if (!found) throw nothingFound(root, chosen, options);
}

function nothingFound(root: string, layout: Layout, { classes, split }: LayoutOptions): InputMissingError {
  const of = classes ? ` of class ${[...classes].map(shown).join(', ')}` : '';
  const which = split ? `${split} images` : 'images';
  return new InputMissingError(
    `${shown(root)}: no ${which}${of} found (layout ${layout.name}); looked for ${layout.expected}.`,
  );
}
