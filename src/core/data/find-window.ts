import { DataError, InputMissingError } from '../errors.js';
import type { ImageRecord } from '../records/schemas.js';
import { readImageFile } from './decode.js';
import { imageFileFacts, longHead, shortHead } from './image-facts.js';
import { inOrder } from './in-order.js';
import { type FoundWindow, windowOf, windowText } from './intensity-window.js';
import { pathToOpen } from './paths.js';
import { raw16, withImage } from './sharp-image.js';

/** What a data set's 16-bit images have in common. */
export interface DataSetDepth extends FoundWindow {
  /** Images looked at, and those of 16 bits among them. */
  readonly images: number;
  readonly deep: number;
}

export interface FindWindowOptions {
  readonly maxPixels?: number;
  readonly signal?: AbortSignal;
  /** Called after every 16-bit image. */
  readonly onDeep?: () => void;
  /** Told of an image with an EXIF orientation, which is not applied. */
  readonly onIgnoredTurn?: (image: ImageRecord) => void;
}

const inFlight = 4;

/**
 * The intensity window of a data set: looks at the headers of all its images and at the values of the 16-bit ones. Images
 * that cannot be read are passed over; whoever extracts them tells.
 *
 * @returns undefined where no image has 16 bits
 */
export async function findWindow(
  images: AsyncIterable<ImageRecord>,
  options: FindWindowOptions = {},
): Promise<DataSetDepth | undefined> {
  const counts = new Float64Array(65536);
  let [all, deep] = [0, 0];
  const look = (image: ImageRecord) => countValues(image, counts, options).catch(passOver);
  for await (const isDeep of inOrder(images, look, inFlight)) {
    options.signal?.throwIfAborted();
    all++;
    if (!isDeep) continue;
    deep++;
    options.onDeep?.();
  }
  return deep === 0 ? undefined : { ...windowOf(counts), images: all, deep };
}

/** Adds an image's values, alpha left out, when it has 16 bits. */
async function countValues(
  image: ImageRecord,
  counts: Float64Array,
  { maxPixels, signal, onIgnoredTurn }: FindWindowOptions,
): Promise<boolean> {
  signal?.throwIfAborted();
  const path = pathToOpen(image);
  const facts = await imageFileFacts(path, onIgnoredTurn ? longHead : shortHead);
  const { isDeep, format, ignoredOrientation } = facts;
  if (ignoredOrientation > 1) onIgnoredTurn?.(image);
  if (!isDeep) return false;
  const options = { path: image.path, ...(maxPixels !== undefined && { maxPixels }) };
  return withImage(await readImageFile(path), format, options, async ({ image: opened, metadata }) => {
    const { space } = metadata;
    if (metadata.depth !== 'ushort' || (space !== 'grey16' && space !== 'rgb16')) return false;
    const { channels, data } = await raw16(opened.toColourspace(space));
    const colours = channels > 2 ? 3 : 1;
    for (let i = 0; i < data.length; i += channels) for (let c = 0; c < colours; c++) counts[data[i + c]!]!++;
    return true;
  });
}

function passOver(error: unknown): boolean {
  if (error instanceof DataError || error instanceof InputMissingError) return false;
  throw error;
}

/**
 * One line for a person: which values are in use, and what becomes black and white.
 *
 * @param isList the images were named on stdin, where `extract` cannot look at them beforehand
 */
export function depthText({ images, deep, values, outside, window }: DataSetDepth, isList = false): string {
  const of = deep === images ? `${deep}` : `${deep} of ${images}`;
  const have = deep === 1 ? 'image has 16 bits and uses' : 'images have 16 bits and use';
  const bits = window[0] === 0 ? ` (${Math.log2(window[1] + 1)} bits)` : '';
  const rest = outside > 0 ? `, ${(100 * outside).toPrecision(1)} % of them outside` : '';
  const end = isList
    ? `extract a list with --window ${windowText(window)}`
    : `intensity window ${windowText(window)}; --window overrides`;
  return `${of} ${have} the values ${values[0]}…${values[1]}${bits}${rest}: ${end}`;
}
